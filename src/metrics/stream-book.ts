import type { SampleSource } from '../model/sample.ts';
import type { SeriesStore, StreamRow } from './ports.ts';

/** Which streams exist, all in memory: a row per host and source. */
export class StreamBook {
  readonly #store: SeriesStore;
  readonly #byId = new Map<number, StreamRow>();
  readonly #byKey = new Map<string, StreamRow>();
  readonly #adding = new Map<string, Promise<StreamRow>>();

  constructor(store: SeriesStore) {
    this.#store = store;
  }

  async load(): Promise<void> {
    for (const row of await this.#store.streams()) this.#keep(row);
  }

  async ensure(groupId: string, stream: string, source: SampleSource): Promise<StreamRow> {
    const key = keyOf(groupId, stream, source);
    const found = this.#byKey.get(key);
    if (found !== undefined) return found;
    let adding = this.#adding.get(key);
    if (adding === undefined) {
      adding = this.#store.addStream(groupId, stream, source).then((row) => this.#keep(row));
      this.#adding.set(key, adding);
      void adding.finally(() => this.#adding.delete(key)).catch(() => undefined);
    }
    return adding;
  }

  byId(id: number): StreamRow | undefined {
    return this.#byId.get(id);
  }

  /** The sources of a stream. */
  of(groupId: string, stream: string): readonly StreamRow[] {
    const sources: readonly SampleSource[] = [0, 1, 2, 3];
    return sources.flatMap((source) => this.#byKey.get(keyOf(groupId, stream, source)) ?? []);
  }

  all(): readonly StreamRow[] {
    return [...this.#byId.values()];
  }

  remove(groupId: string, stream: string): void {
    for (const row of this.of(groupId, stream)) {
      this.#byId.delete(row.id);
      this.#byKey.delete(keyOf(groupId, stream, row.source));
    }
  }

  #keep(row: StreamRow): StreamRow {
    this.#byId.set(row.id, row);
    this.#byKey.set(keyOf(row.groupId, row.stream, row.source), row);
    return row;
  }
}

function keyOf(groupId: string, stream: string, source: SampleSource): string {
  return JSON.stringify([groupId, stream, source]);
}
