import { AppError } from '../runtime/errors.ts';
import { printable } from '../runtime/log.ts';
import { readSettings } from '../runtime/settings.ts';
import { type AuditEvent, auditAnswer } from '../wire/api/audit.ts';
import { apiSettings } from './api-settings.ts';
import { BackupApi } from './backup-api.ts';
import type { Flags } from './commands.ts';

const pageEvents = 500;

/** `leafward audit`: the events of a group, newest first; with --json one event for each line. */
export async function runAuditCommand(flags: Flags): Promise<void> {
  const settings = readSettings(apiSettings, { flags, env: process.env });
  const limit = limitOf(flags['limit']);
  const query = new URLSearchParams();
  for (const name of ['actor', 'action', 'text']) {
    const value = flags[name];
    if (typeof value === 'string') query.set(name, value);
  }
  for (const name of ['from', 'to']) {
    const at = timeOf(name, flags[name]);
    if (at !== undefined) query.set(name, String(at));
  }
  const stop = new AbortController();
  const onInterrupt = (): void => stop.abort(new AppError('TIMEOUT', 'interrupted'));
  process.once('SIGINT', onInterrupt);
  const api = new BackupApi(settings, stop.signal);
  try {
    for (let left = limit; left > 0; ) {
      query.set('limit', String(Math.min(left, pageEvents)));
      const { events, nextBefore } = await api.get(`/audit?${query}`, auditAnswer);
      for (const event of events) console.log(flags['json'] === true ? JSON.stringify(event) : lineOf(event));
      left -= events.length;
      if (nextBefore === null) break;
      query.set('before', String(nextBefore));
    }
  } finally {
    process.removeListener('SIGINT', onInterrupt);
    await api.close();
  }
}

function limitOf(flag: Flags[string]): number {
  const limit = typeof flag === 'string' ? Number(flag) : 100;
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new AppError('USAGE', '--limit is a number of events, at least 1');
}

function timeOf(name: string, flag: Flags[string]): number | undefined {
  if (typeof flag !== 'string') return undefined;
  const isIso = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/.test(flag);
  const ms = isIso ? Date.parse(flag) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new AppError('USAGE', `--${name} is a time with its zone like 2026-11-21T10:00:00Z, or a day, not ${flag}`);
}

/** Names come from others: they must not tell the terminal what to do. */
function lineOf({ atMs, actor, address, action, subject, detail }: AuditEvent): string {
  const who = actor.kind === 'user' ? actor.name : `${actor.kind} ${actor.name}`;
  const from = address === null ? '' : ` from ${address}`;
  const what = subject === null ? '' : ` ${subject.kind} ${subject.label}`;
  const more = Object.entries(detail).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return printable([`${new Date(atMs).toISOString()} ${who}${from}: ${action}${what}`, ...more].join('  '));
}
