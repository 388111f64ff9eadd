import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makePlan, type PlanSettings } from '../../../src/restore/plan.ts';
import type { RestoreSource } from '../../../src/restore/ports.ts';
import { type RestoreReport, type RestoreSettings, restore } from '../../../src/restore/restore.ts';
import { Target } from '../../../src/restore/target.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { catalogNow, hashesAt, naturalOrder } from '../../support/workload/source-oracle.ts';
import { fillEveryKind, seed } from './every-kind.ts';

const versions: readonly MongodVersion[] = ['6.0', '5.0', '4.4'];

for (const version of versions) {
  test(`a mongod ${version} is restored bit for bit into another`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using from = await startMongod({ version });
    await using to = await startMongod({ version });
    await using source = await from.connect();
    await using target = await to.connect();
    await fillEveryKind(source, from.port, version);
    const collections = await readDatabases(source, ['test', 'shop']);

    const report = await run(memorySource(collections, { targetBytes: 20_000 }), to.uri);

    assert.deepEqual(report.refusals, []);
    assert.deepEqual(await hashesAt(target, undefined), await hashesAt(source, undefined));
    assert.deepEqual(await catalogNow(target), await catalogNow(source));
    assert.deepEqual(await naturalOrder(target, 'shop', 'log'), await naturalOrder(source, 'shop', 'log'));
    assert.ok(report.collections.every(({ difference }) => difference === null));
    assert.ok(report.documents > 900, `${report.documents} documents`);
  });
}

async function run(
  source: RestoreSource,
  uri: string,
  changes: Partial<RestoreSettings & PlanSettings> = {},
): Promise<RestoreReport> {
  const plan = makePlan(source, { namespaces: [], renames: [], usersAndRoles: false, ...changes });
  const signal = new AbortController().signal;
  await using target = await Target.open({ uri, connections: 4, signal });
  return await restore(source, target, plan, {
    drop: false,
    keepTtlOff: false,
    parallel: 4,
    onProgress: () => {},
    now: () => performance.now(),
    ...changes,
  });
}
