import { Outbound, type ResolveHost } from '../../wire/outbound/outbound.ts';
import { outboundRules } from '../../wire/outbound/outbound-rules.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import { InstanceSettings } from './instance-settings.ts';
import { Mailer } from './mailer.ts';
import { outboundSection } from './outbound-section.ts';
import type { InstanceSettingsStore } from './ports.ts';

export interface Instance {
  readonly instance: InstanceSettings;
  readonly outbound: Outbound;
  readonly mailer: Mailer;
}

/** The settings of the instance, and what calls the outside by them. */
export function openInstance(store: InstanceSettingsStore, box: CredentialBox, resolveHost?: ResolveHost): Instance {
  const instance = new InstanceSettings(store, box);
  const outbound = new Outbound(async () => outboundRules((await instance.read(outboundSection)).value), resolveHost);
  return { instance, outbound, mailer: new Mailer(instance, outbound) };
}
