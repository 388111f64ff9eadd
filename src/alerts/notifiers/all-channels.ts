import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { NotifierChannel } from '../delivery/ports.ts';
import { alertmanager } from './alertmanager.ts';
import { type MailParts, mail } from './mail.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import { slack } from './slack.ts';
import { snmp } from './snmp.ts';
import { teams } from './teams.ts';
import { webhook } from './webhook.ts';

export interface ChannelParts extends MailParts {
  readonly outbound: Outbound;
}

/** Every way to tell people and programs. */
export function allChannels(parts: ChannelParts): readonly NotifierChannel[] {
  const { outbound } = parts;
  return [
    mail(parts),
    webhook(outbound),
    slack(outbound),
    teams(outbound),
    pagerduty(outbound),
    opsgenie(outbound),
    alertmanager(outbound),
    snmp(outbound),
  ];
}
