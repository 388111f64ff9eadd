import type { BlockContent } from './block-content.ts';
import type { ApplyUpdates, PatchDocument, RunEntry, UpdatePlace, UpdateRules } from './ports.ts';

/** Where a run says something of a document: an entry of a block that was opened. */
export interface VersionPlace {
  readonly content: BlockContent;
  readonly index: number;
  readonly lenient: boolean;
}

/** What a run says of a document. */
export interface VersionOf {
  readonly entry: RunEntry;
  readonly lenient: boolean;
}

/** Everything that several runs say of one document, newest first, as one entry; undefined: there is no such document. */
export type Combine = (places: readonly VersionPlace[]) => RunEntry | undefined | Promise<RunEntry | undefined>;

export function versionAt({ content, index, lenient }: VersionPlace): VersionOf {
  return { entry: content.entry(index), lenient };
}

/** Combines to the document itself. */
export function toDocument({ apply, patch }: Pick<UpdateRules, 'apply' | 'patch'>): Combine {
  const patcher = new Patcher(patch);
  return (places) => patcher.patched(places) ?? documentOf(places.map(versionAt), apply);
}

/** The document itself: the newest put, and the updates above it in their order. Nothing when it was deleted. */
export function documentOf(versions: readonly VersionOf[], apply: ApplyUpdates): RunEntry | undefined {
  const found = newestPut(versions);
  const [newest] = versions;
  if (found.at === 0) return newest?.entry.kind === 'put' ? withSequence(newest.entry, found.sequence) : undefined;
  const document = applied(versions.slice(0, found.at), found.put?.document, apply);
  return document === undefined ? undefined : putOf(versions, document, found);
}

const firstSlabBytes = 16 * 1024;
const largestSlabBytes = 256 * 1024;

/** A document and updates above it, nearly all that a merge of a base and its deltas meets, without an object for each of their parts. */
class Patcher {
  readonly #patch: PatchDocument;
  /** Documents are written here one after another; entries keep it. */
  #slab = Buffer.alloc(0);
  #used = 0;

  constructor(patch: PatchDocument) {
    this.#patch = patch;
  }

  /** Undefined: not such a case. */
  patched(places: readonly VersionPlace[]): RunEntry | undefined {
    const base = places.at(-1);
    if (base === undefined || places.length < 2) return undefined;
    const { content, index } = base;
    const start = content.ownDocument(index);
    if (start < 0) return undefined;
    // The oldest first, as a list has them.
    const updates: UpdatePlace[] = [];
    for (let at = places.length - 2; at >= 0; at--) {
      const place = places[at];
      if (place?.content.addPlaces(place.index, updates) !== true) return undefined;
    }
    updates.reverse();
    let room = content.bytes.readInt32LE(start);
    for (const { bytes, start: updateAt } of updates) room += bytes.readInt32LE(updateAt);
    this.#reserve(room);
    const end = this.#patch(content.bytes, start, updates, this.#slab, this.#used);
    if (end < 0) return undefined;
    const document = this.#slab.subarray(this.#used, end);
    this.#used = end;
    return { kind: 'put', key: content.key(index), document };
  }

  /** The first is small: there may be ten thousand collections of a few documents. */
  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#slab.length) return;
    const next = Math.min(Math.max(this.#slab.length * 4, firstSlabBytes), largestSlabBytes);
    this.#slab = Buffer.allocUnsafeSlow(Math.max(bytes, next));
    this.#used = 0;
  }
}

/** A put, or nothing, below the updates. */
interface Found {
  /** Index of the newest put or delete; the number of versions when there is none. */
  readonly at: number;
  readonly put: RunEntry | undefined;
  readonly sequence: Buffer | undefined;
}

export function newestPut(versions: readonly VersionOf[]): Found {
  const at = versions.findIndex(({ entry }) => entry.kind !== 'update');
  if (at < 0) return { at: versions.length, put: undefined, sequence: undefined };
  const entry = versions[at]?.entry;
  if (entry?.kind !== 'put') return { at, put: undefined, sequence: undefined };
  return { at, put: entry, sequence: entry.sequence ?? olderSequence(versions.slice(at + 1)) };
}

/** A document that was replaced keeps its place in natural order. */
function olderSequence(older: readonly VersionOf[]): Buffer | undefined {
  for (const { entry } of older) {
    if (entry.kind === 'delete') return undefined;
    if (entry.sequence !== undefined) return entry.sequence;
  }
  return undefined;
}

/** The document after the updates of these versions, oldest first. */
export function applied(
  versions: readonly VersionOf[],
  document: Buffer | undefined,
  apply: ApplyUpdates,
): Buffer | undefined {
  let result = document;
  for (let until = versions.length; until > 0; ) {
    const lenient = versions[until - 1]?.lenient === true;
    let from = until - 1;
    while (from > 0 && versions[from - 1]?.lenient === lenient) from--;
    const alike = versions.slice(from, until).toReversed();
    result = apply(
      result,
      alike.flatMap(({ entry }) => entry.updates ?? []),
      lenient,
    );
    until = from;
  }
  return result;
}

export function putOf(versions: readonly VersionOf[], document: Buffer, { put, sequence }: Found): RunEntry {
  const key = versions[0]?.entry.key ?? Buffer.alloc(0);
  return withSequence({ kind: 'put', key, document, ...(put?.keyed === true ? { keyed: true } : {}) }, sequence);
}

function withSequence(entry: RunEntry, sequence: Buffer | undefined): RunEntry {
  return sequence === undefined || entry.sequence === sequence ? entry : { ...entry, sequence };
}
