import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { catalogNow, hashesAt, naturalOrder } from '../../support/workload/source-oracle.ts';
import { fillEveryKind, seed } from './every-kind.ts';
import { runRestore } from './run-restore.ts';

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

    const report = await runRestore(memorySource(collections, { targetBytes: 20_000 }), to.uri);

    assert.deepEqual(report.refusals, []);
    assert.deepEqual(await hashesAt(target, undefined), await hashesAt(source, undefined));
    assert.deepEqual(await catalogNow(target), await catalogNow(source));
    assert.deepEqual(await naturalOrder(target, 'shop', 'log'), await naturalOrder(source, 'shop', 'log'));
    assert.ok(report.collections.every(({ difference }) => difference === null));
    assert.ok(report.documents > 900, `${report.documents} documents`);
  });
}
