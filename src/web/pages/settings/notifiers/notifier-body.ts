import type { Notifier, QuietHours } from '../../../../wire/api/notifiers.ts';
import { type NotifierKind, notifierKinds } from './notifier-kinds.ts';

type Values = Readonly<Record<string, string>>;

/**
 * What the form of a kind says, as the API takes it. Of one that is changed (`before`), secrets go only when they were
 * typed anew, and what is emptied is set back to what is usual.
 */
export function notifierBody(kind: NotifierKind, values: Values, before: Notifier | null): Record<string, unknown> {
  const body: Record<string, unknown> = { name: values['name']?.trim() ?? '', quietHours: quietOf(values) };
  if (before === null) body['kind'] = kind;
  if (notifierKinds[kind].digest) {
    const minutes = values['digestMinutes'] ?? '';
    body['digestMinutes'] = minutes === '' ? null : Number(minutes);
  }
  for (const { name, secret } of notifierKinds[kind].fields) {
    const text = values[name]?.trim() ?? '';
    const value = fieldValue(name, text);
    if (value !== undefined) body[name] = value;
    else if (before !== null && !secret && name !== 'username') body[name] = usual(kind, name);
  }
  if (kind === 'alertmanager') {
    body['username'] = body['username'] ?? null;
    if (body['username'] === null) body['password'] = null;
  }
  return body;
}

function fieldValue(name: string, text: string): unknown {
  if (text === '') return undefined;
  if (name === 'port') return Number(text);
  if (name !== 'to') return text;
  return text.split(/[\s,;]+/).filter((part) => part !== '');
}

function usual(kind: NotifierKind, name: string): unknown {
  if (name === 'port') return 162;
  if (kind === 'pagerduty') return 'https://events.pagerduty.com/v2/enqueue';
  return kind === 'opsgenie' ? 'https://api.opsgenie.com' : '';
}

function quietOf(values: Values): QuietHours | null {
  if (values['quiet'] === undefined) return null;
  return { start: values['quietStart'] ?? '', end: values['quietEnd'] ?? '', timeZone: values['quietZone'] ?? 'UTC' };
}
