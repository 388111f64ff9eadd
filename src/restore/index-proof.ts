import { BSON } from 'mongodb';
import { decodeExact, type ExactDocument } from './exact-bson.ts';
import type { PlannedCollection } from './plan.ts';
import type { Target } from './target.ts';

/** What the server of another version writes otherwise, and what a drill leaves off. */
const notCompared = new Set([
  ...['v', 'ns', 'background', 'expireAfterSeconds'],
  ...['textIndexVersion', '2dsphereIndexVersion', '2dIndexVersion'],
]);

/** Reads the indexes of a restored collection whose TTL is off and compares them with the source's; in words what differs. */
export async function indexDifferences(
  target: Target,
  { database, dataName, to, indexes }: PlannedCollection,
): Promise<readonly string[]> {
  const wanted = byName(indexes);
  const found = byName((await readIndexes(target, database, dataName)).filter((index) => !isOfId(index)));
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const others = [...wanted].filter(([name, index]) => found.has(name) && found.get(name) !== index);
  const more = [...found.keys()].filter((name) => !wanted.has(name));
  return [
    ...missing.map((name) => `${to}: the index ${name} is missing`),
    ...others.map(([name]) => `${to}: the index ${name} has another definition`),
    ...more.map((name) => `${to}: the index ${name} is not in the backup`),
  ];
}

export async function readIndexes(target: Target, database: string, name: string): Promise<readonly ExactDocument[]> {
  const command = { listIndexes: name, cursor: { batchSize: 1000 } };
  const reply = await target.attempt((signal) => target.database(database).command(command, { signal, raw: true }));
  const cursor: unknown = reply['cursor'];
  const batch = Buffer.isBuffer(cursor) ? decodeExact(cursor).get('firstBatch') : undefined;
  return Array.isArray(batch) ? batch.filter((index): index is ExactDocument => index instanceof Map) : [];
}

function isOfId(index: ExactDocument): boolean {
  return index.get('name') === '_id_' || index.get('clustered') === true;
}

/** Each as bytes that are the same for the same index, whatever the order of its options. */
function byName(indexes: readonly ExactDocument[]): Map<string, string> {
  return new Map(
    indexes.map((index) => {
      const compared = [...index].filter(([option]) => !notCompared.has(option));
      const sorted = compared.toSorted(([a], [b]) => (a < b ? -1 : 1));
      return [String(index.get('name')), Buffer.from(BSON.serialize(new Map(sorted))).toString('latin1')];
    }),
  );
}
