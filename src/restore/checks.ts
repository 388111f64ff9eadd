import { AppError } from '../runtime/errors.ts';
import type { RestorePlan } from './plan.ts';
import type { RestoreSource } from './ports.ts';
import type { Target } from './target.ts';

export interface CheckSettings {
  /** The restore may write into the set that was backed up. */
  readonly allowSource: boolean;
  /** The target may be older than the source. */
  readonly allowOlder: boolean;
}

/** Is the target one that this source may be written to? @throws TARGET_REFUSED */
export function checkTarget(source: RestoreSource, { facts }: Pick<Target, 'facts'>, settings: CheckSettings): void {
  if (!settings.allowSource && facts.replicaSetId !== null && facts.replicaSetId === source.replicaSetId) {
    throw new AppError('TARGET_REFUSED', `${facts.host} (${facts.setName}) is the replica set that was backed up`, {
      hint: 'Name another target, or add --to-source if you mean to write into it.',
    });
  }
  if (settings.allowOlder || source.sourceVersion === null) return;
  const target = facts.featureCompatibilityVersion ?? facts.version;
  if (compareVersions(target, source.sourceVersion) >= 0) return;
  const what = facts.featureCompatibilityVersion === null ? 'MongoDB' : 'featureCompatibilityVersion';
  throw new AppError(
    'TARGET_REFUSED',
    `${facts.host} has ${what} ${target}, the source had MongoDB ${source.sourceVersion}`,
    { hint: 'Choose a target at least as new as the source, or add --to-older and look at what it refuses.' },
  );
}

/** A config server that runs lets nobody replace what it knows of its cluster. @throws TARGET_REFUSED */
export function checkPlacement({ facts }: Pick<Target, 'facts'>, { collections }: RestorePlan): void {
  if (!facts.isConfigServer || !collections.some(({ database }) => database === 'config')) return;
  throw new AppError('TARGET_REFUSED', `${facts.host} is a config server and lets nobody replace config.version`, {
    hint: 'Restore into an empty mongod that is no config server, then start that one with --configsvr and --replSet (docs/restore.md).',
  });
}

/** Names of the target that the plan would write to and that exist already, sorted. */
export async function namesInTheWay(target: Target, plan: RestorePlan): Promise<readonly string[]> {
  const wanted = [...plan.collections, ...plan.views];
  const found: string[] = [];
  for (const database of new Set(wanted.map((planned) => planned.database))) {
    const existing = await target.attempt((signal) =>
      target.database(database).listCollections({}, { nameOnly: true, signal }).toArray(),
    );
    const names = new Set<unknown>(existing.map(({ name }) => name));
    for (const planned of wanted) {
      if (planned.database !== database) continue;
      if (names.has(planned.name) || ('dataName' in planned && names.has(planned.dataName))) found.push(planned.to);
    }
  }
  return found.toSorted();
}

/** Bytes free on the target's disk; null when it does not tell. */
export async function freeBytes(target: Target): Promise<number | null> {
  try {
    const { fsTotalSize, fsUsedSize } = await target.command('admin', { dbStats: 1 }, 10_000);
    return typeof fsTotalSize === 'number' && typeof fsUsedSize === 'number' ? fsTotalSize - fsUsedSize : null;
  } catch (thrown) {
    if (thrown instanceof AppError && !thrown.retryable) return null;
    throw thrown;
  }
}

/** By major and minor number. */
function compareVersions(a: string, b: string): number {
  const [major = 0, minor = 0] = a.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = b.split('.').map(Number);
  return major - otherMajor || minor - otherMinor;
}
