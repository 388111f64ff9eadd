import type { SetSettings } from '../../vault/ports.ts';
import type { BackupSettings } from '../../wire/api/backups.ts';

/** Every 6 h kept 2 days, daily kept a week, weekly a month, monthly a year; any second of the last day. */
export const defaultSettings: SetSettings = {
  schedule: {
    snapshotEveryHours: 6,
    keepAllHours: 48,
    keepDailyDays: 7,
    keepWeeklyWeeks: 4,
    keepMonthlyMonths: 12,
    windowHours: 24,
  },
  filter: { include: [], exclude: [] },
  limits: { scanBytesPerSecond: null, scanThreads: 2 },
  drillEveryDays: 7,
};

/** What is left out stays as it is. */
export function mergedSettings(before: SetSettings, changes: BackupSettings): SetSettings {
  return {
    schedule: { ...before.schedule, ...definedOf(changes.schedule) },
    filter: { ...before.filter, ...definedOf(changes.filter) },
    limits: { ...before.limits, ...definedOf(changes.limits) },
    drillEveryDays: changes.drillEveryDays ?? before.drillEveryDays,
  };
}

function definedOf<T extends object>(part: T | undefined): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(part ?? {}).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
