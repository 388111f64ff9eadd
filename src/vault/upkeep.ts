import { IndexCache } from '../blocks/index-cache.ts';
import { RunReader } from '../blocks/run-reader.ts';
import { timestampText } from '../model/optime.ts';
import { breathe } from './breathe.ts';
import type { BlockDamage, SliceDamage, StoreUse, VerifyReport } from './ports.ts';
import type { VaultStores } from './stores.ts';

export async function useOf(stores: VaultStores, groupId: string): Promise<StoreUse> {
  const { blocks, slices } = await stores.group(groupId);
  const { bytes, deadBytes, plainBytes } = await blocks.use();
  let slicesBytes = 0;
  for (const set of stores.metadata.sets()) {
    if (set.groupId === groupId) slicesBytes += await slices.bytes(set.replicaSetId);
  }
  const [freeBytes, recoveryKit] = await Promise.all([stores.freeBytes(), stores.recoveryKit()]);
  return { bytes: bytes + slicesBytes, deadBytes, plainBytes, freeBytes, recoveryKit };
}

/** Reads every pack and every slice of the group; damage of blocks is reported with the snapshots that need them. */
export async function verifyGroup(
  stores: VaultStores,
  groupId: string,
  replicaSetId: string | null,
  signal: AbortSignal,
): Promise<VerifyReport> {
  const { blocks } = await stores.group(groupId);
  const found: BlockDamage[] = [];
  let bytes = 0;
  await blocks.verify(
    (damage) => found.push(damage),
    (doneBytes) => {
      bytes = doneBytes;
    },
    signal,
  );
  const damaged = new Set(found.flatMap(({ id }) => (id === null ? [] : [id.toString('latin1')])));
  const touched = damaged.size === 0 ? new Map<string, string[]>() : await snapshotsOf(stores, groupId, damaged);
  const damage = found.map(({ id, pack, why }) => ({
    block: id?.toString('hex') ?? '',
    pack,
    why,
    snapshots: id === null ? [] : (touched.get(id.toString('latin1')) ?? []),
  }));
  const ofSet = new Set(replicaSetId === null ? [] : stores.metadata.snapshots(replicaSetId).map(({ id }) => id));
  const shown =
    replicaSetId === null ? damage : damage.filter(({ snapshots }) => snapshots.some((id) => ofSet.has(id)));
  const oplog = await damagedSlices(stores, groupId, replicaSetId, signal);
  return { blocks: (await blocks.use()).blocks, bytes, damage: [...shown, ...oplog] };
}

/** Snapshots need no slices: what is damaged there are the seconds between them. */
async function damagedSlices(
  stores: VaultStores,
  groupId: string,
  replicaSetId: string | null,
  signal: AbortSignal,
): Promise<VerifyReport['damage']> {
  const { slices } = await stores.group(groupId);
  const damage: VerifyReport['damage'][number][] = [];
  for (const set of stores.metadata.sets()) {
    if (set.groupId !== groupId || (replicaSetId !== null && set.replicaSetId !== replicaSetId)) continue;
    const found: SliceDamage[] = [];
    await slices.verify(set.replicaSetId, (one) => found.push(one), signal);
    for (const { first, last, path, why } of found) {
      const oplog = `oplog of ${set.name} from ${timestampText(first)} to ${timestampText(last)}`;
      damage.push({ block: '', pack: path, why: `${oplog}: ${why}`, snapshots: [] });
    }
  }
  return damage;
}

/** Damaged block → snapshots that need it. */
async function snapshotsOf(
  stores: VaultStores,
  groupId: string,
  damaged: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const { blocks, blockKey } = await stores.group(groupId);
  const options = { groupKey: blockKey, cache: new IndexCache() };
  const ofRun = new Map<string, readonly string[]>();
  const touched = new Map<string, string[]>();
  for (const set of stores.metadata.sets().filter((one) => one.groupId === groupId)) {
    for (const snapshot of stores.metadata.snapshots(set.replicaSetId)) {
      const needs = new Set<string>();
      for (const { runs } of stores.metadata.collectionsAt(set.replicaSetId, snapshot.optime.ts)) {
        for (const run of runs) {
          const hit = ofRun.get(run.id) ?? (await damagedIn(new RunReader(blocks, run, options), damaged));
          ofRun.set(run.id, hit);
          for (const id of hit) needs.add(id);
        }
      }
      for (const id of needs) touched.set(id, [...(touched.get(id) ?? []), snapshot.id]);
    }
  }
  return touched;
}

async function damagedIn(reader: RunReader, damaged: ReadonlySet<string>): Promise<string[]> {
  const hit: string[] = [];
  try {
    for await (const id of reader.blockIds()) {
      if (damaged.has(id.toString('latin1'))) hit.push(id.toString('latin1'));
      await breathe();
    }
  } catch {
    // An index block that cannot be read is among the damaged ones: it was named before what lies below it was asked for.
  }
  return hit;
}
