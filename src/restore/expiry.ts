import { isRefusal, type Refusal } from './create-collection.ts';
import type { ExactDocument } from './exact-bson.ts';
import { buildIndexes, creatableIndex } from './indexes.ts';
import type { PlannedCollection } from './plan.ts';
import type { Target } from './target.ts';
import { reasonOf } from './target-error.ts';

/**
 * A target deletes what has expired within a minute, which after a restore to yesterday may be nearly all, and before the proof. So
 * TTL indexes are built without their time, or (before 5.1, where an index cannot become a TTL index) only afterwards. Where TTL stays off
 * they are indexes like others.
 */
function isExpiring(index: ExactDocument): boolean {
  return index.has('expireAfterSeconds');
}

/** What is built before the proof: all, but for TTL indexes where an index cannot become one later. */
export function indexesBeforeProof(
  { facts }: Pick<Target, 'facts'>,
  { indexes, options }: PlannedCollection,
  keepTtlOff: boolean,
): ExactDocument[] {
  const all = keepTtlOff || canTurnOnExpiry(facts.version);
  const early = all ? indexes : indexes.filter((index) => !isExpiring(index));
  return early.map((index) => creatableIndex(index, options.has('collation')));
}

/** Can an index become a TTL index by collMod? */
function canTurnOnExpiry(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 1);
}

/** Switches on, in the target, everything that expires documents of this collection. */
export async function turnOnExpiry(target: Target, planned: PlannedCollection): Promise<readonly Refusal[]> {
  const { database, name, dataName, to, expireAfterSeconds, indexes, options } = planned;
  const refusals: Refusal[] = [];
  const change = async (what: string, command: { collMod: string } & Record<string, unknown>): Promise<void> => {
    try {
      await target.command(database, { ...command, writeConcern: { w: 1 } });
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      refusals.push({ namespace: to, kind: 'ttl', name: what, reason: reasonOf(thrown) });
    }
  };
  if (expireAfterSeconds !== undefined) await change('expireAfterSeconds', { collMod: name, expireAfterSeconds });
  const expiring = indexes.filter(isExpiring);
  if (canTurnOnExpiry(target.facts.version)) {
    for (const index of expiring) {
      const indexName = index.get('name');
      const changed = { name: indexName, expireAfterSeconds: index.get('expireAfterSeconds') };
      await change(String(indexName), { collMod: dataName, index: changed });
    }
    return refusals;
  }
  const specs = expiring.map((index) => {
    const spec = creatableIndex(index, options.has('collation'));
    return spec.set('expireAfterSeconds', index.get('expireAfterSeconds'));
  });
  return [...refusals, ...(await buildIndexes(target, planned, specs))];
}
