import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import type { MongoClient, Timestamp } from 'mongodb';
import type { NewRestoreLinkAnswer } from '../../../src/wire/api/backup-reading.ts';
import { type BackedUpSet, startBackedUpSet } from '../../support/backed-up-set.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { tempDir } from '../../support/temp-dir.ts';
import {
  fillSource,
  openWorkload,
  operationTime,
  runWorkload,
  someMoments,
} from '../../support/workload/random-workload.ts';
import {
  catalogNow,
  hashesAt,
  hashesIfKnown,
  naturalOrder,
  withoutPast,
} from '../../support/workload/source-oracle.ts';

/**
 * What is restored is what was there: a workload of every kind runs while the backup is made; restores at random optimes are compared with what
 * the source itself says of those moments.
 */
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const steps = Number(process.env['LEAFWARD_TEST_STEPS'] ?? 150);
const versions: readonly MongodVersion[] = ['6.0', '5.0', '4.4'];
const mongorestore = process.env['MONGORESTORE'];
const testCommands = ['--setParameter', 'enableTestCommands=1'];

for (const version of versions) {
  test(`restores at random optimes equal the source, mongod ${version}`, { timeout: 600_000 }, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using folder = tempDir();
    await using set = await startReplicaSet({ members: 1, version, args: testCommands });
    await using source = await closing(set.connect());
    const workload = await openWorkload(source.client, seed);
    await fillSource(workload, async () => (await set.primary()).port, 500);
    await using backedUp = await startBackedUpSet(folder, set);
    // The scan meets all of this under way.
    await runWorkload(workload, steps);
    await backedUp.protectedUntil(await operationTime(source.client));
    await runWorkload(workload, steps);
    const before = await operationTime(source.client);
    await runWorkload(workload, Math.ceil(steps / 2), 'documents');
    const last = await operationTime(source.client);
    const known = [{ at: last, expected: await hashesAt(source.client, last) }];
    for (const at of await someMoments(workload, before, 20)) {
      const expected = await hashesIfKnown(source.client, at);
      if (expected !== undefined) known.push({ at, expected });
      if (known.length === 3) break;
    }
    await backedUp.protectedUntil(last);
    if (mongorestore !== undefined) await compareLink(t, { backedUp, version, expected: known[0]?.expected, at: last });
    else t.diagnostic('the second way, through a real mongorestore, was not taken: MONGORESTORE names none');
    for (const { at, expected } of known) {
      await compareRestore(t, { backedUp, version, at, expected, source: source.client, isLast: at === last });
    }
  });
}

interface Comparison {
  readonly backedUp: BackedUpSet;
  readonly version: MongodVersion;
  readonly at: Timestamp;
  readonly expected: ReadonlyMap<string, string>;
  readonly source: MongoClient;
  readonly isLast: boolean;
}

async function compareRestore(t: TestContext, comparison: Comparison): Promise<void> {
  const { backedUp, version, at, expected, source, isLast } = comparison;
  await using target = await startMongod({ version, args: testCommands });
  const report = await backedUp.restoreTo(target, at);
  t.diagnostic(`${at.getHighBits()}:${at.getLowBits()}: ${report.documents} documents in ${report.tookMs} ms`);
  await using restored = await closing(target.connect());
  const found = await hashesAt(restored.client, undefined);
  const untold = isLast ? new Set<string>() : await withoutPast(source);
  const told = (hashes: ReadonlyMap<string, string>): object =>
    Object.fromEntries([...hashes].filter(([namespace]) => !untold.has(namespace)));
  assert.deepEqual(told(found), told(expected));
  if (!isLast) return;
  const catalog = await catalogNow(source);
  assert.deepEqual(Object.fromEntries(await catalogNow(restored.client)), Object.fromEntries(catalog));
  for (const [namespace, described] of catalog) {
    if (!described.includes('"capped":true')) continue;
    const [database = '', ...name] = namespace.split('.');
    const order = await naturalOrder(source, database, name.join('.'));
    assert.deepEqual(await naturalOrder(restored.client, database, name.join('.')), order, namespace);
  }
}

/** The link and the line that the page shows, given to a real mongorestore. */
async function compareLink(
  t: TestContext,
  {
    backedUp,
    version,
    at,
    expected,
  }: Pick<Comparison, 'backedUp' | 'version' | 'at'> & { expected?: Comparison['expected'] | undefined },
): Promise<void> {
  await using target = await startMongod({ version, args: testCommands });
  const optime = `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
  const { command } = await backedUp.leafward<NewRestoreLinkAnswer>([
    'backup',
    'link',
    backedUp.set.name,
    '--optime',
    optime,
  ]);
  const line = command.replace(/\bmongorestore\b/, `${mongorestore} --uri ${target.uri}`);
  const { status, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8', timeout: 600_000 });
  assert.equal(status, 0, stderr);
  await using restored = await closing(target.connect());
  const found = await hashesAt(restored.client, undefined);
  assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected ?? []));
  t.diagnostic(`${optime}: equal through mongorestore too`);
}

async function closing(opened: Promise<MongoClient>): Promise<{ client: MongoClient } & AsyncDisposable> {
  const client = await opened;
  return { client, [Symbol.asyncDispose]: () => client.close() };
}
