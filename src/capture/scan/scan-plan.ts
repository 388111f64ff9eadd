import { documentKey } from '../../blocks/document-key.ts';
import { looseBound } from '../../deployment/loose-bound.ts';
import { toAppError } from '../../runtime/errors.ts';
import type { ScanPlanRequest } from '../../wire/backup-messages.ts';
import type { MemberClient } from '../source/member-client.ts';
import { documentsIn } from '../source/raw-batch.ts';
import type { SourceCollection } from './catalog.ts';
import { idPlace } from './id-place.ts';

type PlannedPart = ScanPlanRequest['parts'][number];

/** A part is about as large as this, so that threads share the work and a crash of a natural one costs little. */
const leastPartBytes = 32 * 2 ** 20;
const mostPartBytes = 2 ** 30;
const partsInAll = 64;
/** Above this share $sample reads the whole collection instead of looking at random places. */
const sampleShare = 0.04;
const samplesPerPart = 16;
const mostParts = 1000;

/** Cuts the collections into parts: ranges of `_id` for the large ones, one part for the others. */
export async function planParts(
  member: MemberClient,
  collections: readonly SourceCollection[],
  signal: AbortSignal,
): Promise<PlannedPart[]> {
  const total = collections.reduce((sum, { bytes }) => sum + bytes, 0);
  const partBytes = Math.max(leastPartBytes, Math.min(mostPartBytes, total / partsInAll));
  const parts: PlannedPart[] = [];
  for (const collection of collections) {
    const { info, bytes, natural } = collection;
    if (info.type !== 'collection') continue;
    const count = Math.min(mostParts, Math.floor(bytes / partBytes));
    const bounds = natural || count < 2 ? [] : await sampleBounds(member, collection, count, signal);
    const order = natural ? 'natural' : 'id';
    for (let part = 0; part <= bounds.length; part++) {
      const [lower, upper] = [bounds[part - 1], bounds[part]];
      parts.push({
        uuid: info.uuid,
        part,
        order,
        lower: lower?.toString('base64') ?? null,
        upper: upper?.toString('base64') ?? null,
      });
    }
  }
  return parts;
}

/**
 * Places that cut a collection into `count` parts of about one size, in order; fewer when it cannot be sampled well. They come from
 * $sample: the roles of a backup do not hold splitVector, and a bound need not be exact to be right.
 */
async function sampleBounds(
  member: MemberClient,
  { info, documents }: SourceCollection,
  count: number,
  signal: AbortSignal,
): Promise<Buffer[]> {
  const size = Math.min(count * samplesPerPart, Math.floor(documents * sampleShare));
  if (size < count) return [];
  const pipeline = [{ $sample: { size } }, { $project: { _id: 1 } }];
  const sampled = new Map<string, { readonly key: Buffer; readonly place: Buffer }>();
  try {
    const cursor = await member.cursor(info.database, { aggregate: info.name, pipeline, cursor: {} }, signal);
    for (let batch = cursor.first; ; batch = await cursor.next({}, signal)) {
      for (const document of documentsIn(batch)) {
        const place = idPlace(document, 0, document.length);
        const key = documentKey(place);
        // A bound that the driver cannot write as it is would be another one for one of the two parts that share it.
        if (looseBound(place).isExact) sampled.set(key.toString('latin1'), { key, place });
      }
      if (cursor.isDone) break;
    }
  } catch (thrown) {
    if (toAppError(thrown).details['answered'] === true) return [];
    throw thrown;
  }
  const sorted = [...sampled.values()].toSorted((a, b) => Buffer.compare(a.key, b.key));
  const bounds = new Map<number, Buffer>();
  for (let part = 1; part < count; part++) {
    const index = Math.round((sorted.length * part) / count);
    const at = sorted[index];
    if (index > 0 && at !== undefined) bounds.set(index, at.place);
  }
  return [...bounds.values()];
}
