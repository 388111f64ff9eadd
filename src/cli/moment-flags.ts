import { parseTimestamp } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import type { Moment } from '../wire/api/backup-reading.ts';
import type { Flags } from './commands.ts';

/** Exactly one of the three. @throws USAGE */
export function momentOf(flags: Flags, command: string): Moment {
  const { at, snapshot, optime } = flags;
  const given = [at, snapshot, optime].filter((value) => typeof value === 'string');
  if (given.length !== 1) {
    throw new AppError('USAGE', `${command}: name one moment: --at TIME, --snapshot ID or --optime SECONDS:ORDINAL`);
  }
  if (typeof snapshot === 'string') return { snapshotId: snapshot };
  if (typeof optime === 'string') {
    parseTimestamp(optime);
    return { optime };
  }
  return { atMs: timeOf(String(at), command) };
}

/** With a zone: a time without one means another moment on every machine. */
function timeOf(text: string, command: string): number {
  const hasZone = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/.test(text);
  const ms = hasZone ? Date.parse(text) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  throw new AppError('USAGE', `${command}: --at ${text} is no time with a zone`, {
    hint: 'Write it as 2026-11-21T10:00:00Z or 2026-11-21T11:00:00+01:00.',
  });
}
