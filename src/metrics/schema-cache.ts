import { AppError } from '../runtime/errors.ts';
import type { SchemaRow, SeriesStore } from './ports.ts';

const maxSchemas = 2000;

interface Cached {
  readonly row: SchemaRow;
  index: ReadonlyMap<string, number> | undefined;
}

/** Schemas that were used lately, per group: no group learns what another has. Bounded; the oldest use goes first. */
export class SchemaCache {
  readonly #store: SeriesStore;
  readonly #byHash = new Map<string, Cached>();
  readonly #byId = new Map<number, Cached>();

  constructor(store: SeriesStore) {
    this.#store = store;
  }

  async find(groupId: string, hash: string): Promise<SchemaRow | undefined> {
    const cached = this.#byHash.get(`${groupId}/${hash}`);
    if (cached !== undefined) return this.#touch(cached).row;
    const row = await this.#store.schemaByHash(groupId, hash);
    return row === undefined ? undefined : this.#touch({ row, index: undefined }).row;
  }

  async ensure(groupId: string, hash: string, names: readonly string[]): Promise<SchemaRow> {
    const found = await this.find(groupId, hash);
    if (found !== undefined) return found;
    return this.#touch({ row: await this.#store.addSchema(groupId, hash, names), index: undefined }).row;
  }

  /** Makes sure that `names` and `index` can answer for these ids. */
  async load(groupId: string, ids: Iterable<number>): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !this.#byId.has(id));
    if (missing.length === 0) return;
    for (const row of await this.#store.schemas(groupId, missing)) this.#touch({ row, index: undefined });
  }

  names(id: number): readonly string[] {
    return this.#get(id).row.names;
  }

  index(id: number): ReadonlyMap<string, number> {
    const cached = this.#get(id);
    cached.index ??= new Map(cached.row.names.map((name, i) => [name, i]));
    return cached.index;
  }

  /** Ids that must not be collected: a log entry may be about to name them. */
  held(groupId: string): number[] {
    return [...this.#byId.values()].filter((cached) => cached.row.groupId === groupId).map((cached) => cached.row.id);
  }

  #get(id: number): Cached {
    const cached = this.#byId.get(id);
    if (cached === undefined) throw new AppError('STORE_CORRUPT', `metric schema ${id} is missing`);
    return cached;
  }

  #touch(cached: Cached): Cached {
    const key = `${cached.row.groupId}/${cached.row.hash}`;
    this.#byHash.delete(key);
    this.#byHash.set(key, cached);
    this.#byId.set(cached.row.id, cached);
    if (this.#byHash.size > maxSchemas) {
      const [oldest] = this.#byHash;
      if (oldest !== undefined) {
        this.#byHash.delete(oldest[0]);
        this.#byId.delete(oldest[1].row.id);
      }
    }
    return cached;
  }
}
