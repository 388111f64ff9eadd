import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BackupOperation, Snapshot } from '../../../src/wire/api/backups.ts';
import { runApp } from '../../support/app.ts';
import { type BackedUpSet, startBackedUpSet } from '../../support/backed-up-set.ts';
import { flipBit, storeFiles } from '../../support/faults/flip-bit.ts';
import { assertEqual, type KnownMoment, momentNow, momentText } from '../../support/faults/known-moments.ts';
import { type Mongod, startMongod } from '../../support/mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { RandomSource } from '../../support/workload/random-source.ts';
import { fillSource, openWorkload, runWorkload } from '../../support/workload/random-workload.ts';

const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const flips = 3;

type Report = NonNullable<BackupOperation['verify']>;

test('a bit that flips in a store is named by verify, and never makes wrong data of a restore', {
  timeout: 600_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = new RandomSource(seed);
  await using folder = tempDir();
  await using set = await startReplicaSet({ args: ['--setParameter', 'enableTestCommands=1'] });
  await using client = await set.connect();
  const workload = await openWorkload(client, seed);
  await fillSource(workload, async () => (await set.primary()).port, 300);
  await using backedUp = await startBackedUpSet(folder, set);
  const early = await momentNow(client);
  await backedUp.protectedUntil(early.at);
  const { id } = await backedUp.leafward<Snapshot>(['backup', 'snapshot', set.name]);
  await runWorkload(workload, 100, 'documents');
  const late = await momentNow(client);
  await backedUp.protectedUntil(late.at);
  await backedUp.agent.stop();
  await backedUp.product.server.stop();
  await using target = await startMongod({ args: ['--setParameter', 'enableTestCommands=1'] });
  const store = join(backedUp.product.dataDir, 'backups');
  const parts = { backedUp, store, copy: folder.file('copy'), target, random };

  assert.equal(await restoreDamaged(parts, '.pack', 0, late), 'equal');
  for (let turn = 0; turn < flips; turn++) {
    t.diagnostic(`a bit of a pack: ${await restoreDamaged(parts, '.pack', 1, late)}`);
  }
  // The snapshot needs no oplog: it comes back whole.
  assert.equal(await restoreDamaged(parts, '.segment', 5, { ...early, snapshotId: id }), 'equal');
  t.diagnostic(`bits of segments: ${await restoreDamaged(parts, '.segment', 5, late)}`);
  await verifyNames(t, backedUp, store, random);
});

interface Parts {
  readonly backedUp: BackedUpSet;
  readonly store: string;
  readonly copy: string;
  readonly target: Mongod;
  readonly random: RandomSource;
}

type Wanted = KnownMoment & { readonly snapshotId?: string };

/** Restores from a copy of the store's files in which bits were turned around: equal, or refused with a reason. */
async function restoreDamaged(parts: Parts, ending: string, bits: number, wanted: Wanted): Promise<string> {
  const { backedUp, store, copy, target, random } = parts;
  rmSync(copy, { recursive: true, force: true });
  cpSync(store, copy, { recursive: true });
  for (let bit = 0; bit < bits; bit++) flipBit(random.pick(storeFiles(copy, ending)), random);
  await using client = await target.connect();
  for (const { name } of (await client.db('admin').command({ listDatabases: 1 }))['databases']) {
    if (!['admin', 'config', 'local'].includes(name)) await client.db(name).dropDatabase();
  }
  const at = wanted.snapshotId === undefined ? ['--optime', momentText(wanted)] : ['--snapshot', wanted.snapshotId];
  const from = ['restore', '--from-store', copy, '--replica-set', backedUp.set.name, ...at];
  const { status, stderr } = await runApp([...from, '--to', target.uri, '--yes', '--json'], {}, 300_000);
  if (status === 0) {
    await assertEqual(client, wanted);
    return 'equal';
  }
  const line = /.*(?:cannot be read|damaged|corrupt|is not what|checksum).*/i.exec(stderr);
  assert.ok(line, `a refusal says what is damaged: ${stderr}`);
  return line[0];
}

/** The same in the server's own store: every damaged file is named, with the snapshots that need it. */
async function verifyNames(t: TestContext, backedUp: BackedUpSet, store: string, random: RandomSource): Promise<void> {
  const damaged = [...storeFiles(store, '.pack').slice(0, 1), ...storeFiles(store, '.segment').slice(0, 1)];
  assert.equal(damaged.length, 2);
  for (const path of damaged) t.diagnostic(`byte ${flipBit(path, random)} of ${path.slice(store.length)}`);
  await backedUp.product.crashServer();
  const env = {
    LEAFWARD_SERVER_URL: backedUp.product.url,
    LEAFWARD_API_TOKEN: backedUp.product.apiToken,
    LEAFWARD_GROUP_ID: backedUp.product.groupId,
  };
  const { status, stdout, stderr } = await runApp(['backup', 'verify', '--json'], { env });
  assert.notEqual(status, 0, 'verify fails when something is damaged');
  assert.ok(stdout !== '', stderr);
  const { damage }: Report = JSON.parse(stdout);
  for (const path of damaged) {
    assert.ok(
      damage.some(({ pack }) => pack === path),
      `${path} is named: ${stdout}`,
    );
  }
}
