import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { ChangeNotifier, NewNotifier } from '../../wire/api/notifiers.ts';
import { type NotifierKind, type NotifierSettings, notifierSettings } from './ports.ts';

/** By name, as in the API; a webhook's is called `secret`. */
export type NotifierSecrets = Readonly<Record<string, string>>;
export interface OpenNotifier {
  readonly settings: NotifierSettings;
  readonly secrets: NotifierSecrets;
}

const secretNames: Readonly<Record<NotifierKind, readonly string[]>> = {
  mail: [],
  webhook: ['secret'],
  slack: ['url'],
  teams: ['url'],
  pagerduty: ['routingKey'],
  opsgenie: ['apiKey'],
  alertmanager: ['password'],
  snmp: ['community'],
};
const secretsSchema = z.record(z.string(), z.string());

/** Parts what was typed into what may be shown and what may not. The key that signs a webhook's bodies is made here. */
export function openedNotifier(given: NewNotifier): OpenNotifier {
  const secrets = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) =>
      secretNames[given.kind].includes(name) && typeof value === 'string' ? [[name, value]] : [],
    ),
  );
  const made = given.kind === 'webhook' ? { secret: `whs_${randomBytes(32).toString('base64url')}` } : secrets;
  return { settings: shownSettings(given), secrets: made };
}

/** @throws INPUT_INVALID for a field that is not of this kind, or when a secret would go to another address than it was typed for */
export function changedNotifier(before: OpenNotifier, change: ChangeNotifier): OpenNotifier {
  const { kind } = before.settings;
  // Who sends back what was shown means no change, also of an address that is shown in part.
  const isNews = ([name, value]: readonly [string, unknown]): boolean =>
    value !== undefined && !(name === 'url' && 'url' in before.settings && value === before.settings.url);
  const given = Object.fromEntries(Object.entries(change).filter(isNews));
  const known = new Set([...Object.keys(before.settings), ...secretNames[kind].filter((name) => name !== 'secret')]);
  const foreign = Object.keys(given).find((name) => !known.has(name));
  if (foreign !== undefined) throw wrong(foreign, `a notifier of kind ${kind} has no field ${foreign}`);
  const secrets: Record<string, string> = { ...before.secrets };
  for (const name of secretNames[kind]) {
    const value = given[name];
    if (value === null) delete secrets[name];
    if (typeof value === 'string') secrets[name] = value;
  }
  const settings = shownSettings({ ...before.settings, ...given });
  const lacking = secretNames[kind].find(
    (name) => before.secrets[name] !== undefined && name !== 'url' && name !== 'secret' && given[name] === undefined,
  );
  if (lacking !== undefined && addressOf(settings) !== addressOf(before.settings)) {
    throw wrong(lacking, `the address changes: type ${lacking} again, so that it goes only where you mean it to`);
  }
  return { settings, secrets };
}

export function sealedText(kind: NotifierKind, secrets: NotifierSecrets): string {
  return kind === 'webhook' ? (secrets['secret'] ?? '') : JSON.stringify(secrets);
}

/** @throws when the text is not that of `sealedText` */
export function openedSecrets(kind: NotifierKind, text: string): NotifierSecrets {
  return kind === 'webhook' ? { secret: text } : secretsSchema.parse(JSON.parse(text));
}

/** Addresses that are a secret themselves keep their host and their last letters, for people to recognise. */
function shownSettings(given: object): NotifierSettings {
  const { success, data: settings, error } = notifierSettings.safeParse(given);
  if (!success) {
    const [issue] = error.issues;
    throw wrong(String(issue?.path[0] ?? ''), issue?.message ?? 'not a notifier');
  }
  if (settings.kind !== 'slack' && settings.kind !== 'teams') return settings;
  const url = URL.parse(settings.url);
  return url === null || settings.url.includes('/…')
    ? settings
    : { ...settings, url: `${url.origin.slice(0, 300)}/…${settings.url.slice(-4)}` };
}

function addressOf(settings: NotifierSettings): string {
  if (settings.kind === 'mail') return '';
  return settings.kind === 'snmp' ? `${settings.host}:${settings.port}` : (URL.parse(settings.url)?.origin ?? '');
}

function wrong(field: string, message: string): AppError {
  return new AppError('INPUT_INVALID', message, { details: { field } });
}
