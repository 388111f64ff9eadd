import { openVaultStores } from '../../../src/cli/open-vault.ts';
import { timestampMs, timestampText } from '../../../src/model/optime.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { collectGroup } from '../../../src/vault/collect.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import { createEngine } from '../../../src/vault/engine.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { retain } from '../../../src/vault/retain.ts';
import { groupId, replicaSetId, scan, settings } from '../../unit/vault/source-model.ts';
import { history, uuid } from './killed-history.ts';

/**
 * A process of its own that does all that a vault does, again and again, and prints what was acknowledged: `slices OPTIME`,
 * `snapshot OPTIME`, `scanned`, `collected`. It goes on where it finds the store.
 */
const [dir = '', seed = '1', changes = '200'] = process.argv.slice(2);
const { source, base, from, until } = history(Number(seed), Number(changes));
const clock = { nowMs: 1_020_000, now: () => clock.nowMs };
const { stores, close } = await openVaultStores({ dir, clock, packBytes: 20_000, graceMs: 0 });
const log = { info: () => undefined, warn: () => undefined };
const engine = { stores, rules: updateRules, log, readOnly: false, automatic: false, onClose: close };
const vault = createEngine(engine);
const folder = new Folder(stores, updateRules);
const compactor = new Compactor(stores, updateRules);
const { signal } = new AbortController();

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

await vault.start(groupId, replicaSetId, 'rs0', {
  ...settings,
  schedule: {
    ...settings.schedule,
    keepAllHours: 1,
    keepDailyDays: 0,
    keepWeeklyWeeks: 0,
    keepMonthlyMonths: 0,
    windowHours: 1,
  },
});
if ((await vault.set(groupId, replicaSetId))?.scan !== null) {
  await scan(vault, [{ uuid, database: 'shop', name: 'orders', documents: base }], from, until);
}
tell('scanned');

const all = source.slices(4);
let bytes = 0;
for (let sliceAt = 0; sliceAt < all.head.slices.length; sliceAt += 2) {
  const slices = all.head.slices.slice(sliceAt, sliceAt + 2);
  const length = slices.reduce((sum, slice) => sum + slice.length, 0);
  const { checkpoint } = await vault.appendSlices(
    groupId,
    { ...all.head, slices },
    all.frames.subarray(bytes, bytes + length),
  );
  bytes += length;
  tell(`slices ${checkpoint.ts}`);
  const [set] = stores.metadata.sets();
  const last = await (await stores.group(groupId)).slices.last(replicaSetId);
  if (set === undefined || last === null) throw new Error('the set is gone');
  clock.nowMs = timestampMs(last.last.ts) + 1000;
  await folder.fold(replicaSetId, { all: sliceAt % 4 === 0, snapshot: null, signal });
  if (sliceAt % 12 === 0) tell(`snapshot ${(await vault.takeSnapshot(groupId, replicaSetId)).optime.ts}`);
  for (let next = compactor.due(set)[0]; next !== undefined; next = compactor.due(set)[0]) {
    await compactor.run(set, next, signal);
  }
  await retain(stores, set, new Set());
  if (sliceAt % 6 === 0) {
    await collectGroup(stores, groupId, signal);
    tell(`collected ${timestampText(last.last.ts)}`);
  }
}
await vault.close();
