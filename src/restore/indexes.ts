import type { Refusal } from './create-collection.ts';
import { isRefusal } from './create-collection.ts';
import type { ExactDocument } from './exact-bson.ts';
import type { PlannedCollection } from './plan.ts';
import type { Target } from './target.ts';
import { reasonOf } from './target-error.ts';

/** An index build reads the whole collection; that the target is alive is seen by the driver's monitoring meanwhile. */
const buildDeadlineMs = 48 * 3600_000;

/** Builds all indexes in one pass over the documents; when that is refused, one by one, so that only the refused ones are missing. */
export async function buildIndexes(
  target: Target,
  { database, dataName, to }: PlannedCollection,
  specs: readonly ExactDocument[],
): Promise<readonly Refusal[]> {
  if (specs.length === 0) return [];
  const build = (indexes: readonly ExactDocument[]): Promise<unknown> =>
    target.command(database, { createIndexes: dataName, indexes, writeConcern: { w: 1 } }, buildDeadlineMs);
  try {
    await build(specs);
    return [];
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
  const refusals: Refusal[] = [];
  for (const spec of specs) refusals.push(...(await buildOne(build, spec, to)));
  return refusals;
}

/** Options that this version does not know are left out one after another. */
async function buildOne(
  build: (indexes: readonly ExactDocument[]) => Promise<unknown>,
  spec: ExactDocument,
  namespace: string,
): Promise<readonly Refusal[]> {
  const name = String(spec.get('name'));
  const dropped: Refusal[] = [];
  const wanted = new Map(spec);
  for (;;) {
    try {
      await build([wanted]);
      return dropped;
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      const reason = reasonOf(thrown);
      const unknown = /The field '([^']+)' is not valid for an index specification/.exec(reason)?.[1];
      if (unknown === undefined || !wanted.delete(unknown)) return [{ namespace, kind: 'index', name, reason }];
      dropped.push({ namespace, kind: 'option', name: `${name}.${unknown}`, reason });
    }
  }
}

/**
 * What createIndexes takes, from what listIndexes gave: text indexes come as `_fts` and `_ftsx` with weights, and an index of a
 * collection with a collation names none when its own is the simple one. `expireAfterSeconds` is taken out.
 */
export function creatableIndex(index: ExactDocument, collectionHasCollation: boolean): ExactDocument {
  const spec: ExactDocument = new Map(index);
  spec.delete('ns');
  spec.delete('expireAfterSeconds');
  const key = spec.get('key');
  if (key instanceof Map && key.has('_fts')) spec.set('key', textKey(key, spec.get('weights')));
  if (collectionHasCollation && !spec.has('collation')) spec.set('collation', new Map([['locale', 'simple']]));
  return spec;
}

function textKey(key: ExactDocument, weights: unknown): ExactDocument {
  const made: ExactDocument = new Map();
  for (const [field, value] of key) {
    if (field === '_ftsx') continue;
    if (field !== '_fts') made.set(field, value);
    else if (weights instanceof Map) for (const weighted of weights.keys()) made.set(String(weighted), 'text');
  }
  return made;
}
