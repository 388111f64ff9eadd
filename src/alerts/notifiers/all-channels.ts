import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { NotifierChannel } from '../delivery/ports.ts';
import { webhook } from './webhook.ts';

export interface ChannelParts {
  readonly outbound: Outbound;
}

/** Every way to tell people. */
export function allChannels({ outbound }: ChannelParts): readonly NotifierChannel[] {
  return [webhook(outbound)];
}
