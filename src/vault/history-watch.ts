import type { CollectionInfo, DocumentChange } from '../model/collection.ts';
import { timestampMs } from '../model/optime.ts';
import type { CatalogChange, CatalogEffect, OplogEmit } from '../oplog/oplog-emit.ts';
import type { DocumentVersion } from './document-history.ts';
import { type FoldState, namespaceOf } from './fold-state.ts';
import type { HistoryQuery } from './history-query.ts';
import { lookUp, type RunAccess } from './run-access.ts';

/** Something that was met and may change what the name shows. */
type Met =
  | { readonly kind: 'change'; readonly change: DocumentChange }
  | ({
      readonly kind: 'catalog';
      readonly ts: bigint;
      readonly owner: string | undefined;
      readonly gone: readonly string[];
    } & {
      readonly cause: NonNullable<DocumentVersion['cause']>;
    });

/**
 * Follows one key through every collection that has one name for a while, or gets it: what a name shows changes by writes to its collection,
 * and by collections that come to the name, leave it, or end.
 */
export class HistoryWatch implements OplogEmit {
  readonly versions: DocumentVersion[] = [];
  /** Collections that came to the name and were not watched from the beginning. */
  readonly strangers = new Set<string>();
  term = -1;
  readonly #state: FoldState;
  readonly #query: HistoryQuery & { readonly access: RunAccess };
  /** Collections whose documents are followed, and whether they are capped. */
  readonly #watched = new Map<string, boolean>();
  readonly #documents = new Map<string, Buffer | undefined>();
  #met: Met[] = [];
  /** Has the name, as far as the catalog was read. */
  #owner: string | undefined;
  /** Has the name, as far as versions were made. */
  #shown: string | undefined;

  /** `also`: to be watched from the beginning. */
  constructor(state: FoldState, query: HistoryQuery & { readonly access: RunAccess }, also: ReadonlySet<string>) {
    this.#state = state;
    this.#query = query;
    for (const info of state.catalog.all()) {
      if (this.#hasName(info)) this.#owner = info.uuid;
      if (this.#hasName(info) || also.has(info.uuid)) this.#watched.set(info.uuid, info.capped);
    }
    for (const uuid of also) if (!this.#watched.has(uuid)) this.#watched.set(uuid, false);
    this.#shown = this.#owner;
  }

  get isWaiting(): boolean {
    return this.#met.length > 0;
  }

  change(change: DocumentChange): void {
    if (change.ts <= this.#state.optime.ts || !this.#watched.has(change.collection)) return;
    if (change.key.equals(this.#query.key)) this.#met.push({ kind: 'change', change });
  }

  catalog(change: CatalogChange): void {
    if (change.ts <= this.#state.optime.ts) return;
    const effects = this.#state.catalog.apply(change, true);
    const gone = effects.filter(({ kind }) => kind === 'dropped' || kind === 'emptied').map(({ uuid }) => uuid);
    if (!effects.some((effect) => this.#concerns(effect))) return;
    const owner = this.#ownerNow(effects);
    for (const effect of effects) this.#watch(effect);
    this.#owner = owner;
    this.#met.push({ kind: 'catalog', ts: change.ts, owner, gone, cause: causeOf(effects) });
  }

  nothing(): void {}

  /** Makes versions of what was met. */
  async settle(): Promise<void> {
    const met = this.#met;
    this.#met = [];
    for (const one of met) {
      if (one.kind === 'change') await this.#write(one.change);
      else await this.#move(one);
    }
  }

  async #write({ collection, kind, ts, body, upsert }: DocumentChange): Promise<void> {
    const before = await this.#documentOf(collection);
    const updates = [{ update: body, upsert: upsert === true }];
    const after =
      kind === 'update' ? this.#query.rules.apply(before, updates, true) : kind === 'put' ? body : undefined;
    const document = after === undefined ? undefined : Buffer.from(after);
    this.#documents.set(collection, document);
    if (collection === this.#shown) this.#tell(ts, before, document, 'write');
  }

  async #move({ ts, owner, gone, cause }: Extract<Met, { kind: 'catalog' }>): Promise<void> {
    const before = this.#shown === undefined ? undefined : await this.#documentOf(this.#shown);
    for (const uuid of gone) this.#documents.set(uuid, undefined);
    this.#shown = owner;
    const after = owner === undefined ? undefined : await this.#documentOf(owner);
    const isSame = before === undefined || after === undefined ? before === after : before.equals(after);
    if (!isSame) this.#tell(ts, before, after, cause);
  }

  #tell(ts: bigint, before: Buffer | undefined, after: Buffer | undefined, cause: DocumentVersion['cause']): void {
    if (before === undefined && after === undefined) return;
    this.versions.push({
      optime: { ts, term: this.term },
      atMs: timestampMs(ts),
      exact: true,
      kind: after === undefined ? 'delete' : before === undefined ? 'insert' : 'update',
      cause,
      document: after ?? null,
    });
  }

  async #documentOf(uuid: string): Promise<Buffer | undefined> {
    if (this.#documents.has(uuid)) return this.#documents.get(uuid);
    const runs = this.#state.runs.get(uuid) ?? [];
    const capped = this.#watched.get(uuid) === true;
    const found = (await lookUp(runs, this.#query.key, capped, this.#query.access))?.document;
    const document = found === undefined ? undefined : Buffer.from(found);
    this.#documents.set(uuid, document);
    return document;
  }

  #concerns({ uuid }: CatalogEffect): boolean {
    const info = this.#state.catalog.get(uuid);
    return this.#watched.has(uuid) || (info !== undefined && this.#hasName(info));
  }

  /** Two may have the name for a moment while an old catalog is read: the one that came last counts. */
  #ownerNow(effects: readonly CatalogEffect[]): string | undefined {
    const { catalog } = this.#state;
    for (const { uuid } of effects.toReversed()) {
      const info = catalog.get(uuid);
      if (info !== undefined && this.#hasName(info)) return uuid;
    }
    const before = this.#owner === undefined ? undefined : catalog.get(this.#owner);
    if (before !== undefined && this.#hasName(before)) return this.#owner;
    for (const info of catalog.all()) if (this.#hasName(info)) return info.uuid;
    return undefined;
  }

  #watch({ uuid, kind }: CatalogEffect): void {
    const info = this.#state.catalog.get(uuid);
    if (info === undefined || !this.#hasName(info) || this.#watched.has(uuid)) return;
    this.#watched.set(uuid, info.capped);
    // One that is created has no documents yet.
    if (kind !== 'created') this.strangers.add(uuid);
  }

  #hasName(info: CollectionInfo): boolean {
    const isKept = info.type === 'collection' && !this.#state.incomplete.has(info.uuid);
    return isKept && namespaceOf(info) === this.#query.namespace;
  }
}

function causeOf(effects: readonly CatalogEffect[]): NonNullable<DocumentVersion['cause']> {
  if (effects.some(({ kind }) => kind === 'renamed')) return 'rename';
  return effects.some(({ kind }) => kind === 'emptied') ? 'empty' : 'drop';
}
