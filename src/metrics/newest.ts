import type { RawMetric } from '../model/metric.ts';
import { rawMetricKind, rawMetricUnit } from '../model/raw-metric.ts';
import { evaluate, type LeafValues } from './evaluate.ts';
import { type BoundMetric, bindMetrics } from './metric-request.ts';
import type { LatestValues } from './ports.ts';
import { restartNames, startsAnew } from './sample-buckets.ts';
import type { SchemaCache } from './schema-cache.ts';
import type { StreamBook } from './stream-book.ts';
import type { Tail, Tails } from './tails.ts';

const maxBindings = 500;

/** Answers "what is it now" from the newest samples. */
export class Newest {
  readonly #streams: StreamBook;
  readonly #tails: Tails;
  readonly #schemas: SchemaCache;
  /** What names stand for under a set of schemas: the same for hosts of one version, so it is worked out once. */
  readonly #bindings = new Map<string, readonly (readonly BoundMetric[])[]>();

  constructor(streams: StreamBook, tails: Tails, schemas: SchemaCache) {
    this.#streams = streams;
    this.#tails = tails;
    this.#schemas = schemas;
  }

  async metrics(groupId: string, stream: string): Promise<readonly RawMetric[]> {
    const names = new Set<string>();
    for (const { schemaId } of await this.#tailsOf(groupId, stream)) {
      for (const name of this.#schemas.names(schemaId)) names.add(name);
    }
    return [...names].map((name) => ({ name, kind: rawMetricKind(name), unit: rawMetricUnit(name) }));
  }

  /** See MetricsEngine.latest; of a family's bare name the highest value. */
  async values(
    groupId: string,
    stream: string,
    names: readonly string[],
    sinceMs: number,
  ): Promise<LatestValues | undefined> {
    const tails = (await this.#tailsOf(groupId, stream)).filter((tail) => tail.timeMs >= sinceMs);
    if (tails.length === 0) return undefined;
    const lookup = (name: string): LeafValues | undefined => this.#leaf(tails, name);
    const values = this.#bind(tails, names).map((bound) => {
      const found = bound
        .map(({ source }) => evaluate(source, 1, lookup)?.[0] ?? Number.NaN)
        .filter((value) => Number.isFinite(value));
      return found.length === 0 ? null : Math.max(...found);
    });
    return { atMs: Math.max(...tails.map((tail) => tail.timeMs)), values };
  }

  async #tailsOf(groupId: string, stream: string): Promise<Tail[]> {
    const tails: Tail[] = [];
    for (const row of this.#streams.of(groupId, stream)) {
      const tail = await this.#tails.load(row);
      if (tail !== undefined) tails.push(tail);
    }
    await this.#schemas.load(
      groupId,
      tails.flatMap((tail) => [tail.schemaId, tail.before?.schemaId ?? tail.schemaId]),
    );
    return tails;
  }

  #leaf(tails: readonly Tail[], name: string): LeafValues | undefined {
    for (const tail of tails) {
      const value = this.#value(tail, name);
      if (value === undefined) continue;
      const kind = rawMetricKind(name);
      return { kind, values: Float64Array.of(kind === 'gauge' ? value : this.#rate(tail, name, value)) };
    }
    return undefined;
  }

  #value(sample: { readonly schemaId: number; readonly values: Float64Array }, name: string): number | undefined {
    const at = this.#schemas.index(sample.schemaId).get(name);
    return at === undefined ? undefined : sample.values[at];
  }

  #rate(tail: Tail, name: string, value: number): number {
    const { before } = tail;
    if (before === undefined) return Number.NaN;
    const [uptimeMs, uptime, pid] = restartNames.map((restart) => {
      const [then, now] = [this.#value(before, restart), this.#value(tail, restart)];
      return then === undefined || now === undefined ? undefined : { fell: now < then, changed: now !== then };
    });
    const restarted = uptimeMs?.fell === true || uptime?.fell === true || pid?.changed === true;
    const previous = restarted && startsAnew(name) ? 0 : (this.#value(before, name) ?? Number.NaN);
    return value >= previous ? ((value - previous) / (tail.timeMs - before.timeMs)) * 1000 : Number.NaN;
  }

  #bind(tails: readonly Tail[], names: readonly string[]): readonly (readonly BoundMetric[])[] {
    const key = JSON.stringify([tails.map((tail) => tail.schemaId), names]);
    let bound = this.#bindings.get(key);
    if (bound === undefined) {
      const rawNames = (): string[] => tails.flatMap((tail) => [...this.#schemas.names(tail.schemaId)]);
      bound = names.map((name) => bindMetrics([name], rawNames));
      if (this.#bindings.size >= maxBindings) this.#bindings.clear();
      this.#bindings.set(key, bound);
    }
    return bound;
  }
}
