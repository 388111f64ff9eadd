import { AppError } from '../runtime/errors.ts';
import { checkPlacement, checkTarget } from './checks.ts';
import { indexDifferences } from './index-proof.ts';
import { makePlan, type RestorePlan } from './plan.ts';
import type { RestoreSource } from './ports.ts';
import type { RestoreProgress } from './progress.ts';
import { type RestoreReport, restore } from './restore.ts';
import { forEachAtOnce } from './slots.ts';
import type { Target } from './target.ts';

/** In every database that a drill writes: what has none was not made by a drill, and is not touched. */
export const drillMark = 'leafward_drill';

export interface DrillReport {
  readonly report: RestoreReport;
  /** Indexes that are not as they were, and what the target refused; none: everything is equal. */
  readonly differences: readonly string[];
}

const own = new Set(['admin', 'local', 'config']);
const dropMs = 600_000;
const parallel = 2;

/**
 * Restores everything into a target that is there for drills alone, in place of what the last drill left, with TTL off, and compares
 * counts, hashes and indexes. @throws TARGET_REFUSED for a target that is anything else, RESTORE_DIFFERS, …
 */
export async function drill(
  source: RestoreSource,
  target: Target,
  onProgress: (progress: RestoreProgress) => void = () => {},
): Promise<DrillReport> {
  checkDrillTarget(source, target);
  const everything = makePlan(source, { namespaces: [], renames: [], usersAndRoles: false });
  const plan = { ...everything, collections: everything.collections.filter(({ name }) => name !== drillMark) };
  checkPlacement(target, plan);
  await dropLastDrill(target);
  const hasOwn = (await isMarked(target, 'admin')) || (await isMarked(target, 'config'));
  for (const database of databasesOf(plan)) await mark(target, database);
  const writing = new Set<string>();
  const report = await restore(source, target, plan, {
    // Of `admin` and `config`, which cannot be dropped, the single collections that a drill made are.
    drop: hasOwn,
    keepTtlOff: true,
    parallel,
    onProgress: (progress) => onProgress({ ...progress, doing: [...progress.doing, ...writing] }),
    onCollection: (namespace, state) => void (state === 'begun' ? writing.add(namespace) : writing.delete(namespace)),
    now: () => performance.now(),
  });
  const refused = report.refusals.map(
    ({ namespace, kind, name, reason }) => `${namespace}: ${kind} ${name}: ${reason}`,
  );
  const kept = plan.collections.filter(({ to }) => report.collections.some((proved) => proved.to === to));
  const indexes: string[] = [];
  await forEachAtOnce(kept, parallel, async (planned) => {
    indexes.push(...(await indexDifferences(target, planned)));
  });
  return { report, differences: [...refused, ...indexes.toSorted()] };
}

/** Never the source itself, nor one of which that cannot be told. @throws TARGET_REFUSED */
export function checkDrillTarget(source: RestoreSource, target: Pick<Target, 'facts'>): void {
  const { facts } = target;
  if (facts.setName !== null && facts.replicaSetId === null) {
    throw new AppError('TARGET_REFUSED', `${facts.host} does not say which replica set it is`, {
      hint: 'Give the user of drillTarget the role clusterMonitor, so that a drill can never write into what was backed up.',
    });
  }
  if (facts.replicaSetId !== null && facts.replicaSetId === source.replicaSetId) {
    throw new AppError('TARGET_REFUSED', `${facts.host} (${facts.setName}) is the replica set that was backed up`, {
      hint: 'Name a mongod as drillTarget that is there for drills alone.',
    });
  }
  checkTarget(source, target, { allowSource: false, allowOlder: false });
}

async function dropLastDrill(target: Target): Promise<void> {
  const { databases } = await target.command('admin', { listDatabases: 1, nameOnly: true });
  const names = (Array.isArray(databases) ? databases : []).map(({ name }) => String(name));
  const others = names.filter((name) => !own.has(name));
  const foreign: string[] = [];
  for (const name of others) if (!(await isMarked(target, name))) foreign.push(name);
  if (foreign.length > 0) {
    throw new AppError(
      'TARGET_REFUSED',
      `${target.facts.host} holds ${foreign.join(', ')}, which no drill has written`,
      {
        hint: `A drill replaces everything in its target: name an empty mongod as drillTarget, or drop these databases.`,
      },
    );
  }
  for (const name of others) await target.command(name, { dropDatabase: 1, writeConcern: { w: 1 } }, dropMs);
}

async function isMarked(target: Target, database: string): Promise<boolean> {
  const found = await target.attempt((signal) =>
    target.database(database).listCollections({ name: drillMark }, { nameOnly: true, signal }).toArray(),
  );
  return found.length > 0;
}

/** Before anything else is written there: what a killed drill leaves can be told too. */
async function mark(target: Target, database: string): Promise<void> {
  const documents = [{ _id: 'leafward', text: 'Written by restore drills of Leafward, which drop this database.' }];
  const update = { q: { _id: 'leafward' }, u: documents[0], upsert: true };
  await target.command(database, { update: drillMark, updates: [update], writeConcern: { w: 1 } });
}

function databasesOf({ collections, views }: RestorePlan): ReadonlySet<string> {
  return new Set([...collections, ...views].map(({ database }) => database));
}
