import { BSON, type Document } from 'mongodb';
import { type CollectionDigest, DigestWriter, joinStretches, type Stretch } from './digest.ts';
import { idText } from './insert-batch.ts';
import type { PlannedCollection } from './plan.ts';
import { findRaw } from './raw-find.ts';
import { forEachAtOnce, type Slots } from './slots.ts';
import type { Target } from './target.ts';

/** A collection of the target beside what was sent. */
export interface CollectionProof {
  readonly from: string;
  readonly to: string;
  /** Of what the source gave. */
  readonly documents: number;
  readonly bytes: number;
  readonly digest: string;
  /** Of what the target holds. */
  readonly foundDocuments: number;
  readonly foundBytes: number;
  readonly foundDigest: string;
  /** What differs, in words; null: nothing. */
  readonly difference: string | null;
}

/** A reply holds up to 16 MiB; less keeps the memory small. */
const bytesAtOnce = 2 * 2 ** 20;
const stretchesAtOnce = 64;
const stretchDeadlineMs = 3600_000;

/** Reads a collection back from the target, raw, and compares it with what the source gave. */
export async function proveCollection(
  target: Target,
  planned: PlannedCollection,
  sent: CollectionDigest,
  slots: Slots,
  onRead: (bytes: number) => void,
): Promise<CollectionProof> {
  const found: Stretch[] = [];
  await forEachAtOnce([...sent.stretches.keys()], stretchesAtOnce, async (place) => {
    await slots.take();
    try {
      found[place] = await readStretch(target, planned, sent, place, onRead);
    } finally {
      slots.release();
    }
  });
  const digest = joinStretches(sent.order, found);
  return {
    from: planned.from,
    to: planned.to,
    documents: sent.documents,
    bytes: sent.bytes,
    digest: sent.digest,
    foundDocuments: digest.documents,
    foundBytes: digest.bytes,
    foundDigest: digest.digest,
    difference: describeDifference(sent, digest),
  };
}

async function readStretch(
  target: Target,
  planned: PlannedCollection,
  sent: CollectionDigest,
  place: number,
  onRead: (bytes: number) => void,
): Promise<Stretch> {
  const from = sent.stretches[place]?.from;
  const ranges = rangesOf(sent, from, sent.stretches[place + 1]?.from);
  const readConcern = { level: target.facts.setName === null ? 'local' : 'majority' };
  const documentsAtOnce = Math.ceil(bytesAtOnce / Math.max(1, sent.bytes / Math.max(1, sent.documents)));
  const where = { database: planned.database, collection: planned.dataName, documentsAtOnce };
  return target.attempt(async (signal) => {
    const digest = new DigestWriter(sent.order, Number.POSITIVE_INFINITY);
    let read = 0;
    try {
      for (const range of ranges) {
        const find = { ...where, command: { ...range, readConcern }, signal };
        for await (const batch of findRaw(target, find)) {
          digest.add(batch.bytes, batch.count);
          read += batch.bytes.length;
          onRead(batch.bytes.length);
        }
      }
    } catch (thrown) {
      onRead(-read);
      throw thrown;
    }
    const { documents, bytes, stretches } = digest.finish();
    return { from, documents, bytes, digest: stretches[0]?.digest ?? Buffer.alloc(0) };
  }, stretchDeadlineMs);
}

/** What to find for the documents of a stretch, in order. */
function rangesOf({ order }: CollectionDigest, from: unknown, until: unknown): Document[] {
  if (order !== 'id') return [{ hint: { $natural: 1 } }];
  const range = {
    hint: { _id: 1 },
    ...(from === undefined ? {} : { min: { _id: from } }),
    ...(until === undefined ? {} : { max: { _id: until } }),
  };
  if (from === undefined || until !== undefined) return [range];
  // `min` without `max` ends before MaxKey, and may not be MaxKey: the one document whose _id it is is asked for by itself.
  const last = { filter: { _id: new BSON.MaxKey() } };
  return from instanceof BSON.MaxKey ? [last] : [range, last];
}

function describeDifference(sent: CollectionDigest, found: CollectionDigest): string | null {
  if (sent.digest === found.digest && sent.documents === found.documents) return null;
  const count =
    sent.documents === found.documents
      ? `${found.documents} documents as sent, but not the same bytes`
      : `${found.documents} documents, ${sent.documents} were sent`;
  const place = sent.stretches.findIndex((stretch, index) => {
    const other = found.stretches[index];
    return other === undefined || !other.digest.equals(stretch.digest);
  });
  if (sent.stretches.length < 2 || place < 0) return count;
  const from = sent.stretches[place]?.from;
  const until = sent.stretches[place + 1]?.from;
  const where = `${from === undefined ? 'the beginning' : `_id ${idText(from)}`} and ${until === undefined ? 'the end' : `_id ${idText(until)}`}`;
  return `${count}; the first difference lies between ${where}`;
}
