import type { MetricsEngine } from '../../metrics/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { shownHosts } from '../fleet/host-view.ts';

/** Newest figures of one host; null = none. */
export interface HostFigures {
  readonly operationsPerSecond: number | null;
  readonly connections: number | null;
  readonly connectionsPercent: number | null;
  readonly cachePercent: number | null;
  readonly diskPercent: number | null;
  readonly oplogGbPerHour: number | null;
  readonly dataBytes: number | null;
}

const operationNames = ['insert', 'query', 'update', 'delete', 'getmore', 'command'].map(
  (kind) => `operations.${kind}`,
);
const names = [
  ...operationNames,
  'connections.current',
  'connections.usedPercent',
  'cache.usedPercent',
  'disk.spaceUsedPercent',
  'oplog.gbPerHour',
] as const;
/** Sampled at their own slow pace. */
const slowNames = ['data.size'] as const;
const slowMaxAgeMs = 2 * 3_600_000;
const minuteMs = 60_000;
const sparkPoints = 60;
const sparkDeadlineMs = 400;
const sparksAtOnce = 8;

interface Spark {
  readonly minute: number;
  readonly values: readonly (number | null)[];
}

/** Figures for the picture of a deployment, cheap for 1,000 hosts: sparks are read once a minute and host. */
export class Figures {
  readonly #metrics: MetricsEngine;
  readonly #clock: Clock;
  readonly #sparks = new Map<string, Spark>();
  readonly #underWay = new Map<string, Promise<void>>();

  constructor(metrics: MetricsEngine, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  async latest(fleet: GroupFleet): Promise<ReadonlyMap<string, HostFigures>> {
    const streams = shownHosts(fleet).map(({ id }) => id);
    if (streams.length === 0) return new Map();
    const maxAgeMs = 3 * fleet.group.intervalMs + 10_000;
    const [fast, slow] = await Promise.all([
      this.#metrics.latest(fleet.group.id, streams, names, maxAgeMs),
      this.#metrics.latest(fleet.group.id, streams, slowNames, slowMaxAgeMs),
    ]);
    return new Map(
      streams.map((stream) => [stream, figuresOf(fast.get(stream)?.values ?? [], slow.get(stream)?.values ?? [])]),
    );
  }

  /** The last hour of operations per second, a value a minute. What is not read within 400 ms comes with the next picture. */
  async sparks(fleet: GroupFleet): Promise<ReadonlyMap<string, readonly (number | null)[]>> {
    const groupId = fleet.group.id;
    const reading = this.#underWay.get(groupId) ?? this.#readSparks(fleet);
    this.#underWay.set(groupId, reading);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, sparkDeadlineMs);
    await Promise.race([reading, late]);
    clearTimeout(timer);
    return new Map(shownHosts(fleet).map(({ id }) => [id, this.#sparks.get(id)?.values ?? []]));
  }

  async #readSparks(fleet: GroupFleet): Promise<void> {
    const minute = Math.floor(this.#clock.now() / minuteMs);
    const due = shownHosts(fleet).filter(({ id }) => this.#sparks.get(id)?.minute !== minute);
    const next = async (): Promise<void> => {
      for (let host = due.pop(); host !== undefined; host = due.pop()) {
        this.#sparks.set(host.id, { minute, values: await this.#readSpark(fleet.group.id, host.id, minute) });
      }
    };
    try {
      await Promise.all(Array.from({ length: sparksAtOnce }, next));
    } catch {
      // The picture is drawn without them; the next one asks again.
    } finally {
      this.#underWay.delete(fleet.group.id);
      for (const id of this.#sparks.keys()) {
        if (this.#sparks.size <= 50_000) break;
        this.#sparks.delete(id);
      }
    }
  }

  async #readSpark(groupId: string, stream: string, minute: number): Promise<(number | null)[]> {
    // The minute that is not over counts: a host that was just added has a line at once.
    const toMs = (minute + 1) * minuteMs;
    const fromMs = toMs - sparkPoints * minuteMs;
    const series = await this.#metrics.series({
      groupId,
      stream,
      names: operationNames,
      fromMs,
      toMs,
      maxPoints: sparkPoints,
    });
    const sums: (number | null)[] = Array.from({ length: sparkPoints }, () => null);
    for (const { points } of series) {
      for (const [ms, , average] of points) {
        const at = Math.floor((ms - fromMs) / minuteMs);
        if (average !== null && at >= 0 && at < sparkPoints) sums[at] = (sums[at] ?? 0) + average;
      }
    }
    return sums.some((value) => value !== null) ? sums.map((value) => (value === null ? null : round(value))) : [];
  }
}

function figuresOf(fast: readonly (number | null)[], slow: readonly (number | null)[]): HostFigures {
  const operations = fast.slice(0, operationNames.length);
  const known = operations.filter((value) => value !== null);
  const at = (index: number): number | null => fast[operationNames.length + index] ?? null;
  return {
    operationsPerSecond: known.length === 0 ? null : round(known.reduce((sum, value) => sum + value, 0)),
    connections: at(0),
    connectionsPercent: at(1),
    cachePercent: at(2),
    diskPercent: at(3),
    oplogGbPerHour: at(4),
    dataBytes: slow[0] ?? null,
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
