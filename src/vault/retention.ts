import { timestampMs } from '../model/optime.ts';
import type { BackupSchedule, Snapshot } from '../wire/api/backups.ts';
import type { StoredSnapshot } from './metadata-ports.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface Kept {
  readonly kinds: Snapshot['keptAs'];
  /** When no rule keeps it any more. */
  readonly expiresAtMs: number | null;
}

interface Tier {
  readonly kind: Snapshot['keptAs'][number];
  readonly keepMs: number;
  /** Snapshots with the same name compete: the first one of a day, a week, a month is kept. */
  readonly period: (atMs: number) => string;
}

/**
 * Which rules keep each snapshot. The newest one is kept in any case. A tier keeps the first snapshot of each of its periods (UTC; weeks begin on
 * Monday) for as long as the tier says.
 */
export function keptAs(
  snapshots: readonly StoredSnapshot[],
  schedule: BackupSchedule,
  nowMs: number,
): ReadonlyMap<string, Kept> {
  const tiers = tiersOf(schedule);
  const firsts = new Map<string, string>();
  const ordered = snapshots.toSorted((a, b) => (a.optime.ts < b.optime.ts ? -1 : 1));
  for (const { id, optime } of ordered) {
    for (const { kind, period } of tiers) {
      const name = `${kind} ${period(timestampMs(optime.ts))}`;
      if (!firsts.has(name)) firsts.set(name, id);
    }
  }
  const newest = ordered.at(-1)?.id;
  const kept = new Map<string, Kept>();
  for (const { id, optime } of ordered) {
    const atMs = timestampMs(optime.ts);
    const holding = tiers.filter(({ kind, period }) => firsts.get(`${kind} ${period(atMs)}`) === id);
    const kinds = holding.filter(({ keepMs }) => atMs + keepMs > nowMs).map(({ kind }) => kind);
    const expiresAtMs = Math.max(atMs, ...holding.map(({ keepMs }) => atMs + keepMs));
    kept.set(id, { kinds: kinds.length === 0 && id === newest ? ['recent'] : kinds, expiresAtMs });
  }
  return kept;
}

function tiersOf(schedule: BackupSchedule): readonly Tier[] {
  return [
    { kind: 'recent', keepMs: schedule.keepAllHours * hourMs, period: String },
    { kind: 'daily', keepMs: schedule.keepDailyDays * dayMs, period: dayOf },
    { kind: 'weekly', keepMs: schedule.keepWeeklyWeeks * 7 * dayMs, period: weekOf },
    { kind: 'monthly', keepMs: schedule.keepMonthlyMonths * 31 * dayMs, period: (atMs) => dayOf(atMs).slice(0, 7) },
  ];
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** 1970-01-01 was a Thursday. */
function weekOf(atMs: number): string {
  return String(Math.floor((atMs / dayMs + 3) / 7));
}
