import { schemaHash } from '../model/schema-hash.ts';
import { AppError } from '../runtime/errors.ts';
import type { SchemaRow, SeriesStore } from './ports.ts';

/** What appending needs of a schema. */
export interface KnownSchema {
  readonly id: number;
  readonly width: number;
}
interface Known extends KnownSchema {
  usedAt: number;
}
interface Names {
  readonly names: readonly string[];
  index: ReadonlyMap<string, number> | undefined;
}

const maxKnown = 50_000;
/** Names in memory at most (some 100 bytes each with their index). */
const maxNames = 400_000;
const idleMs = 600_000;

/** Schemas that were used lately, per group: no group learns what another has. Bounded; the oldest use goes first. */
export class SchemaCache {
  readonly #store: SeriesStore;
  readonly #known = new Map<string, Known>();
  readonly #names = new Map<number, Names>();
  #nameCount = 0;

  constructor(store: SeriesStore) {
    this.#store = store;
  }

  async find(groupId: string, hash: string): Promise<KnownSchema | undefined> {
    const key = `${groupId}/${hash}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      known.usedAt = performance.now();
      return known;
    }
    const row = await this.#store.schemaByHash(groupId, hash);
    return row === undefined ? undefined : this.#keep(row);
  }

  /** `names` must have that hash. */
  async ensure(groupId: string, hash: string, names: readonly string[]): Promise<KnownSchema> {
    return (await this.find(groupId, hash)) ?? this.#keep(await this.#store.addSchema(groupId, hash, names));
  }

  /** The schema of names that Leafward itself put together. */
  ensureNames(groupId: string, names: readonly string[]): Promise<KnownSchema> {
    return this.ensure(groupId, schemaHash(names), names);
  }

  /** Makes sure that `names` and `index` can answer for these ids until the next load. */
  async load(groupId: string, ids: Iterable<number>): Promise<void> {
    const wanted = new Set(ids);
    const missing = [...wanted].filter((id) => !this.#names.has(id));
    this.#shrink(wanted);
    if (missing.length === 0) return;
    for (const row of await this.#store.schemas(groupId, missing)) this.#keepNames(row);
  }

  names(id: number): readonly string[] {
    return this.#get(id).names;
  }

  index(id: number): ReadonlyMap<string, number> {
    const found = this.#get(id);
    found.index ??= new Map(found.names.map((name, i) => [name, i]));
    return found.index;
  }

  /**
   * Forgets schemas that nobody used lately and names those that must not be collected: an append that found one may be
   * about to name it.
   */
  releaseIdle(): number[] {
    const since = performance.now() - idleMs;
    for (const [key, known] of this.#known) if (known.usedAt < since) this.#known.delete(key);
    return [...this.#known.values()].map(({ id }) => id);
  }

  #keep(row: SchemaRow): KnownSchema {
    const known = { id: row.id, width: row.names.length, usedAt: performance.now() };
    this.#known.set(`${row.groupId}/${row.hash}`, known);
    const [oldest] = this.#known.keys();
    if (this.#known.size > maxKnown && oldest !== undefined) this.#known.delete(oldest);
    this.#keepNames(row);
    return known;
  }

  #keepNames(row: SchemaRow): void {
    if (this.#names.has(row.id)) return;
    this.#names.set(row.id, { names: row.names, index: undefined });
    this.#nameCount += row.names.length;
  }

  #get(id: number): Names {
    const found = this.#names.get(id);
    if (found === undefined) throw new AppError('STORE_CORRUPT', `metric schema ${id} is missing`);
    return found;
  }

  #shrink(wanted: ReadonlySet<number>): void {
    for (const [id, { names }] of this.#names) {
      if (this.#nameCount <= maxNames) return;
      if (wanted.has(id)) continue;
      this.#names.delete(id);
      this.#nameCount -= names.length;
    }
  }
}
