import type { BackupSchedule } from '../../../../wire/api/backups.ts';

export interface KeptTier {
  readonly kind: 'recent' | 'daily' | 'weekly' | 'monthly';
  readonly words: string;
  /** Snapshots that only this rule keeps, the finer ones counted first. */
  readonly more: number;
}

export interface KeptPreview {
  readonly tiers: readonly KeptTier[];
  readonly total: number;
  /** Age of the oldest snapshot that is kept, ms. */
  readonly oldestMs: number;
  /** Ages of all that are kept, ms, youngest first. */
  readonly agesMs: readonly number[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** What a schedule keeps once it ran long enough: the rules are those of the server (first snapshot of a day, a week, a month in UTC). */
export function previewKept(schedule: BackupSchedule, nowMs: number): KeptPreview {
  const taken = takenTimes(schedule, nowMs);
  const kept = new Set<number>();
  const tiers = rulesOf(schedule).map(({ kind, words, keepMs, period }): KeptTier => {
    const before = kept.size;
    const seen = new Set<string>();
    for (const atMs of taken) {
      const name = period(atMs);
      if (seen.has(name)) continue;
      seen.add(name);
      if (atMs + keepMs > nowMs) kept.add(atMs);
    }
    return { kind, words, more: kept.size - before };
  });
  // The newest one stays in any case.
  const newest = taken.at(-1);
  if (newest !== undefined) kept.add(newest);
  const agesMs = [...kept].map((atMs) => nowMs - atMs).sort((a, b) => a - b);
  return { tiers, total: agesMs.length, oldestMs: agesMs.at(-1) ?? 0, agesMs };
}

/** Oldest first. Of days that no rule but a long one reaches only the first snapshot counts. */
function takenTimes(schedule: BackupSchedule, nowMs: number): number[] {
  const everyMs = schedule.snapshotEveryHours * hourMs;
  const longestMs = Math.max(schedule.keepAllHours * hourMs, ...rulesOf(schedule).map(({ keepMs }) => keepMs));
  const times: number[] = [];
  const last = Math.floor(nowMs / everyMs) * everyMs;
  const recentFrom = nowMs - schedule.keepAllHours * hourMs - 2 * dayMs;
  // A whole period before the oldest: it decides which snapshot was the first of it.
  for (let day = Math.floor((nowMs - longestMs) / dayMs) - 31; day * dayMs < recentFrom; day++) {
    const first = Math.ceil((day * dayMs) / everyMs) * everyMs;
    if (first < (day + 1) * dayMs) times.push(first);
  }
  for (let at = Math.ceil(recentFrom / everyMs) * everyMs; at <= last; at += everyMs) {
    if (at > (times.at(-1) ?? Number.NEGATIVE_INFINITY)) times.push(at);
  }
  return times;
}

interface Rule {
  readonly kind: KeptTier['kind'];
  readonly words: string;
  readonly keepMs: number;
  readonly period: (atMs: number) => string;
}

function rulesOf(schedule: BackupSchedule): readonly Rule[] {
  const { snapshotEveryHours: every, keepAllHours, keepDailyDays, keepWeeklyWeeks, keepMonthlyMonths } = schedule;
  return [
    {
      kind: 'recent',
      words: `all of the last ${hoursWords(keepAllHours)}, one every ${every === 1 ? 'hour' : `${every} h`}`,
      keepMs: keepAllHours * hourMs,
      period: String,
    },
    {
      kind: 'daily',
      words: `the first of each of ${keepDailyDays} days`,
      keepMs: keepDailyDays * dayMs,
      period: dayOf,
    },
    {
      kind: 'weekly',
      words: `the first of each of ${keepWeeklyWeeks} weeks`,
      keepMs: keepWeeklyWeeks * 7 * dayMs,
      // 1970-01-01 was a Thursday.
      period: (atMs) => String(Math.floor((atMs / dayMs + 3) / 7)),
    },
    {
      kind: 'monthly',
      words: `the first of each of ${keepMonthlyMonths} months`,
      keepMs: keepMonthlyMonths * 31 * dayMs,
      period: (atMs) => dayOf(atMs).slice(0, 7),
    },
  ];
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10);
}

/** `36 h`, `2 days`. */
export function hoursWords(hours: number): string {
  return hours % 24 === 0 && hours >= 48 ? `${hours / 24} days` : `${hours} h`;
}
