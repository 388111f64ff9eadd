import type { UpdateRules } from '../blocks/ports.ts';
import { elementType, findElement } from '../model/bson-walk.ts';
import type { CollectionInfo, DocumentChange } from '../model/collection.ts';
import { timestampText } from '../model/optime.ts';
import type { CatalogChange, OplogEmit } from '../oplog/oplog-emit.ts';
import { AppError } from '../runtime/errors.ts';
import { type BaseDocument, FoldBuffer } from './fold-buffer.ts';

import { type FoldState, namespaceOf } from './fold-state.ts';
import { entryBytes } from './fold-weight.ts';
import type { PointRun } from './ports.ts';
import type { WriteCounter } from './write-counter.ts';

export interface FoldPassOptions {
  readonly state: FoldState;
  readonly rules: UpdateRules;
  /** Before a scan's end: updates of missing documents and entries of unknown collections are passed over. */
  readonly lenient: boolean;
  /** Collections that are not backed up any more are left out from here on (a view shows the past as it was kept). */
  readonly leavesOut: boolean;
  /** Is this namespace backed up? */
  readonly keeps: (namespace: string) => boolean;
  /** Some collections are not in the catalog because they are not backed up: their entries are passed over. */
  readonly filtered: boolean;
  /** Changes that became visible later are left out (a view at a time); null: all. */
  readonly until: bigint | null;
  /** These collections alone; null: all. */
  readonly only: ReadonlySet<string> | null;
  readonly base: (runs: readonly PointRun[], key: Buffer, capped: boolean) => Promise<BaseDocument | undefined>;
  readonly writes: WriteCounter | null;
  /** Writes what was gathered of a collection as a delta run, when all takes more than `maxBytes` of memory; null: there was nothing. */
  readonly write: (buffer: FoldBuffer) => Promise<PointRun | null>;
  readonly maxBytes: number;
}

const toName = Buffer.from('to');
const emptyDocument = Buffer.from([5, 0, 0, 0, 0]);

/** What a pass made of a collection. */
export interface PassCollection {
  readonly info: CollectionInfo;
  readonly incomplete: boolean;
  /** Runs that count so far: of before, and those that were written meanwhile. */
  readonly runs: readonly PointRun[];
  /** Those that were written meanwhile. */
  readonly written: readonly PointRun[];
  readonly buffer: FoldBuffer | undefined;
  /** The catalog, the runs or the documents differ from before. */
  readonly changed: boolean;
  /** It was renamed or emptied: what it is now does not say what it was meanwhile. */
  readonly moved: boolean;
}

/** One fold: entries in order, from the place of a state on. Changes are gathered in memory; the state itself is not changed until its end. */
export class FoldPass implements OplogEmit {
  readonly #options: FoldPassOptions;
  readonly #buffers = new Map<string, FoldBuffer>();
  /** Capped or not, kept or not: asked for every change, so remembered until the catalog changes. */
  readonly #known = new Map<string, FoldBuffer | null>();
  readonly #emptied = new Set<string>();
  readonly #touched = new Set<string>();
  readonly #moved = new Set<string>();
  readonly #incomplete: Set<string>;
  readonly #renamedIn = new Map<string, CollectionInfo>();
  /** Runs that were written before the end, because memory did not suffice. */
  readonly #written = new Map<string, PointRun[]>();
  #weight = 0;

  constructor(options: FoldPassOptions) {
    this.#options = options;
    this.#incomplete = new Set(options.state.incomplete);
  }

  /** Reads one entry. @throws OPLOG_UNKNOWN, FORMAT_INVALID, STORE_CORRUPT */
  push(entry: Buffer): void {
    const { state, lenient, writes } = this.#options;
    writes?.entry(entry);
    state.reader.push(entry, this, lenient);
  }

  /** A cut is possible here: no transaction is open; of a pass with an end, none is prepared that could be visible at it. */
  get canCut(): boolean {
    const { state, until } = this.#options;
    if (state.reader.isIdle) return true;
    return until !== null && state.reader.unresolved().every((prepared) => prepared > until);
  }

  /** A large transaction has ended, and its changes come in parts: call `drain` until it is not so any more. */
  get isDraining(): boolean {
    return this.#options.state.reader.isDraining;
  }

  async drain(): Promise<void> {
    this.#options.state.reader.drain(this);
    // Its parts are large: the next one needs room too.
    await this.relieve(this.#options.maxBytes / 2);
  }

  /** Waits for hot documents; when what was gathered takes too much memory, it becomes runs. Call it every few thousand entries. */
  async relieve(maxBytes = this.#options.maxBytes): Promise<void> {
    await this.settle();
    if (this.#weight < maxBytes) return;
    for (const [uuid, buffer] of this.#buffers) {
      if (buffer.size === 0) continue;
      const run = await this.#options.write(buffer);
      buffer.clear();
      if (run !== null) this.#written.set(uuid, [...(this.#written.get(uuid) ?? []), run]);
    }
    this.#weight = 0;
  }

  change(change: DocumentChange): void {
    const { until } = this.#options;
    if (until !== null && change.ts > until) return;
    let buffer = this.#known.get(change.collection);
    if (buffer === undefined) {
      buffer = this.#bufferOf(change);
      this.#known.set(change.collection, buffer);
    }
    if (buffer === null) return;
    this.#weight += change.key.length + change.body.length + entryBytes;
    try {
      buffer.add(change);
    } catch (thrown) {
      throw placed(thrown, change);
    }
  }

  catalog(change: CatalogChange): void {
    const { state, until, lenient, filtered } = this.#options;
    if (until !== null && change.ts > until) return;
    this.#noteRenamedIn(change);
    const effects = state.catalog.apply(change, lenient || filtered);
    this.#known.clear();
    if (change.command === 'drop' && change.uuid !== null) this.#forgetRenamedIn(change.uuid);
    for (const { kind, uuid } of effects) {
      this.#touched.add(uuid);
      if (kind === 'renamed' || kind === 'emptied') this.#moved.add(uuid);
      if (kind === 'created' && !this.#keeps(uuid)) this.#incomplete.add(uuid);
      if (kind === 'emptied' || kind === 'dropped') {
        this.#emptied.add(uuid);
        this.#buffers.delete(uuid);
        this.#written.delete(uuid);
      }
    }
  }

  nothing(): void {}

  /** Waits for hot documents. */
  async settle(): Promise<void> {
    for (const buffer of this.#buffers.values()) await buffer.settle();
  }

  /** Every collection as it is now, and those that are gone. */
  *collections(): Generator<PassCollection, void, void> {
    for (const info of this.#options.state.catalog.all()) {
      const { uuid } = info;
      const before = this.#options.state.incomplete.has(uuid);
      const incomplete = this.#isIncomplete(info);
      const buffer = incomplete ? undefined : this.#buffers.get(uuid);
      const written = incomplete ? [] : (this.#written.get(uuid) ?? []);
      const hasChanges = (buffer?.size ?? 0) > 0 || written.length > 0;
      const changed = this.#touched.has(uuid) || hasChanges || before !== incomplete;
      yield {
        info,
        incomplete,
        runs: incomplete ? [] : this.#runsOf(uuid),
        written,
        buffer,
        changed,
        moved: this.#moved.has(uuid),
      };
    }
    for (const info of this.#renamedIn.values()) {
      yield { info, incomplete: true, runs: [], written: [], buffer: undefined, changed: true, moved: true };
    }
  }

  /** What is not backed up has no documents here; what was not, and is now, has to be copied first. Views are no more than what is known of them. */
  #isIncomplete(info: CollectionInfo): boolean {
    const { leavesOut, keeps } = this.#options;
    if (!leavesOut) return this.#incomplete.has(info.uuid);
    if (!keeps(namespaceOf(info))) return true;
    return info.type === 'collection' && this.#incomplete.has(info.uuid);
  }

  /** A collection that is not backed up, so nothing is known of it, gets a name that is: its documents have to be copied. */
  #noteRenamedIn({ command, uuid, o }: CatalogChange): void {
    const { state, filtered, keeps } = this.#options;
    if (command !== 'renameCollection' || uuid === null || !filtered) return;
    if (state.catalog.get(uuid) !== undefined) return;
    const to = stringField(o, toName);
    const dot = to?.indexOf('.') ?? -1;
    if (to === undefined || dot < 1 || !keeps(to)) return this.#forgetRenamedIn(uuid);
    this.#renamedIn.set(uuid, {
      uuid,
      database: to.slice(0, dot),
      name: to.slice(dot + 1),
      type: 'collection',
      options: emptyDocument,
      indexes: [],
      capped: false,
      temporary: false,
    });
  }

  #forgetRenamedIn(uuid: string): void {
    this.#renamedIn.delete(uuid);
  }

  dropped(): readonly string[] {
    return [...this.#touched].filter((uuid) => this.#options.state.catalog.get(uuid) === undefined);
  }

  #runsOf(uuid: string): readonly PointRun[] {
    const before = this.#emptied.has(uuid) ? [] : (this.#options.state.runs.get(uuid) ?? []);
    return [...before, ...(this.#written.get(uuid) ?? [])];
  }

  #keeps(uuid: string): boolean {
    const info = this.#options.state.catalog.get(uuid);
    return info !== undefined && this.#options.keeps(namespaceOf(info));
  }

  /** Where changes of a collection go; null: nowhere. */
  #bufferOf(change: DocumentChange): FoldBuffer | null {
    const { state, lenient, filtered, only, rules, base } = this.#options;
    const uuid = change.collection;
    if (only !== null && !only.has(uuid)) return null;
    const info = state.catalog.get(uuid);
    if (info === undefined) {
      if (lenient || filtered) return null;
      throw new AppError('STORE_CORRUPT', `the oplog changes the collection ${uuid} that is not in the catalog`, {
        details: { optime: timestampText(change.ts) },
        hint: 'Start a resync of this replica set: it sends only what differs. Please report this with the server log.',
      });
    }
    if (only === null && this.#incomplete.has(uuid)) return null;
    const found = this.#buffers.get(uuid);
    if (found !== undefined) return found;
    const made = new FoldBuffer({
      rules,
      lenient,
      capped: info.capped,
      base: (key) => base(this.#runsOf(uuid), key, info.capped),
    });
    this.#buffers.set(uuid, made);
    return made;
  }
}

function placed(thrown: unknown, change: DocumentChange): unknown {
  if (!(thrown instanceof AppError)) return thrown;
  const optime = timestampText(change.ts);
  return new AppError(thrown.code, `oplog entry ${optime}: ${thrown.message}`, {
    cause: thrown,
    hint: thrown.hint,
    details: { ...thrown.details, optime, collection: change.collection },
  });
}

function stringField(document: Buffer, name: Buffer): string | undefined {
  const at = findElement(document, 0, document.length, name);
  if (at < 0 || document[at] !== elementType.string) return undefined;
  const start = at + 1 + name.length + 1;
  return document.toString('utf8', start + 4, start + 4 + document.readInt32LE(start) - 1);
}
