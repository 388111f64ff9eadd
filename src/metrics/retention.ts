import { defaultRetention, type MetricRetention, rollupLevels } from '../model/resolution.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Level, LevelUse, MetricsUse, SeriesStore } from './ports.ts';

interface Rules {
  readonly retention: MetricRetention;
  readonly diskBudgetBytes: number;
}

const hourMs = 3_600_000;
const levelNames = new Map<Level, 'raw' | 'minute' | 'hour' | 'day'>([
  [0, 'raw'],
  [rollupLevels.minute, 'minute'],
  [rollupLevels.hour, 'hour'],
  [rollupLevels.day, 'day'],
]);
/** Rounds of removal in one pass: each removes at least an hour of the finest level that is left. */
const maxRounds = 50;

/** Keeps each group within its retention and its disk budget; the oldest samples go first, rollups last. */
export class Retention {
  readonly #store: SeriesStore;
  readonly #clock: Clock;
  readonly #rules = new Map<string, Rules>();

  constructor(store: SeriesStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  set(groupId: string, retention: MetricRetention, diskBudgetBytes: number): void {
    this.#rules.set(groupId, { retention, diskBudgetBytes });
  }

  async enforce(groupId: string): Promise<void> {
    const { retention, diskBudgetBytes } = this.#of(groupId);
    const now = this.#clock.now();
    for (const level of levelNames.keys()) await this.#store.expire(groupId, level, now - keepMs(retention, level));
    await this.#store.expireGaps(groupId, now - retention.minuteMs);
    for (let round = 0; round < maxRounds; round++) {
      const levels = await this.#levels(groupId);
      const excess = levels.reduce((sum, level) => sum + level.bytes, 0) - diskBudgetBytes;
      if (excess <= 0) return;
      if (!(await this.#shrink(groupId, levels, excess))) return;
    }
  }

  async use(groupId: string): Promise<MetricsUse> {
    const levels = await this.#levels(groupId);
    const { retention } = this.#of(groupId);
    return {
      bytes: levels.reduce((sum, level) => sum + level.bytes, 0),
      levels: levels.map(({ level, bytes, oldestMs }) => ({ level: levelNames.get(level) ?? 'raw', bytes, oldestMs })),
      forecastBytes: forecast(levels, retention),
    };
  }

  #of(groupId: string): Rules {
    return this.#rules.get(groupId) ?? { retention: defaultRetention, diskBudgetBytes: Number.POSITIVE_INFINITY };
  }

  async #levels(groupId: string): Promise<readonly LevelUse[]> {
    const rows = await this.#store.use(groupId);
    return [...levelNames.keys()].map((level) => {
      const own = rows.filter((row) => row.level === level && row.oldestMs !== null);
      const oldest = own.flatMap((row) => row.oldestMs ?? []);
      const newest = own.flatMap((row) => row.newestMs ?? []);
      return {
        level,
        bytes: own.reduce((sum, row) => sum + row.bytes, 0),
        oldestMs: oldest.length === 0 ? null : Math.min(...oldest),
        newestMs: newest.length === 0 ? null : Math.max(...newest),
      };
    });
  }

  /** Cuts off the oldest part of the finest level that has some to give. */
  async #shrink(groupId: string, levels: readonly LevelUse[], excess: number): Promise<boolean> {
    for (const { level, bytes, oldestMs, newestMs } of levels) {
      if (oldestMs === null || newestMs === null || bytes === 0) continue;
      const share = Math.min(1, excess / bytes);
      const cut = oldestMs + Math.max(level === 0 ? hourMs : 2 * level, (newestMs - oldestMs) * share);
      if ((await this.#store.expire(groupId, level, Math.ceil(cut))) > 0) return true;
    }
    return false;
  }
}

function keepMs(retention: MetricRetention, level: Level): number {
  if (level === 0) return retention.rawMs;
  if (level === rollupLevels.minute) return retention.minuteMs;
  return level === rollupLevels.hour ? retention.hourMs : retention.dayMs;
}

/** What all levels take once they are full, at the rate of what is stored now; unknown during the first hour. */
function forecast(levels: readonly LevelUse[], retention: MetricRetention): number | null {
  let sum = 0;
  for (const { level, bytes, oldestMs, newestMs } of levels) {
    const span = oldestMs === null || newestMs === null ? 0 : newestMs - oldestMs;
    if (level === 0 && span < hourMs) return null;
    if (span === 0) continue;
    sum += bytes * Math.max(1, keepMs(retention, level) / span);
  }
  return Math.round(sum);
}
