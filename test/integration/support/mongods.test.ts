import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { mongodWheels } from '../../../build/mongod-wheels.ts';
import { testAuthority, writeMongodCertificates } from '../../support/certificates.ts';
import { endChild, startChild } from '../../support/child-process.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { createShardedCollection, startShardedCluster } from '../../support/sharded.ts';
import { tempDir } from '../../support/temp-dir.ts';

for (const version of Object.keys(mongodWheels) as MongodVersion[]) {
  test(`a mongod ${version} is what it says, keeps its data over a crash, and is gone after its scope`, async () => {
    let pid = 0;
    {
      await using mongod = await startMongod({ version });
      pid = mongod.pid;
      {
        await using client = await mongod.connect();
        const { version: says } = await client.db('admin').command({ buildInfo: 1 });
        assert.ok(String(says).startsWith(version), String(says));
        await client
          .db('shop')
          .collection('orders')
          .insertOne({ item: 'leaf' }, { writeConcern: { w: 1, journal: true } });
      }
      await mongod.crash();
      await mongod.restart();
      await using client = await mongod.connect();
      assert.equal(await client.db('shop').collection('orders').countDocuments(), 1);
    }
    assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
  });
}

test('a replica set has the members that were asked for: hidden, delayed, arbiter, with key file and user', async () => {
  const auth = { user: 'root', password: 'secret' };
  await using set = await startReplicaSet({
    members: [{}, { hidden: true }, { delaySecs: 5 }, { arbiter: true }],
    auth,
  });
  await using client = await set.connect();
  const { config } = await client.db('admin').command({ replSetGetConfig: 1 });
  const members = (config as { members: Record<string, unknown>[] }).members;
  assert.deepEqual(
    members.map(({ arbiterOnly, hidden }) => [arbiterOnly, hidden]),
    [
      [false, false],
      [false, true],
      [false, true],
      [true, false],
    ],
  );
  assert.equal(members[2]?.['secondaryDelaySecs'], 5);
  await using unsigned = await set.connectUnsigned(await set.primary());
  await assert.rejects(unsigned.db('admin').command({ serverStatus: 1 }), { codeName: 'Unauthorized' });
});

test('a sharded cluster knows its shards and chunks', async () => {
  await using cluster = await startShardedCluster();
  await createShardedCollection(cluster, 'shop', 'orders');
  await using config = await cluster.config.connect();
  assert.equal(await config.db('config').collection('shards').countDocuments(), 2);
  assert.equal(await config.db('config').collection('chunks').countDocuments(), 4);
});

test('a process that a killed test file has started dies with it', {
  skip: process.platform === 'linux' ? false : 'the guard is of Linux',
}, async () => {
  const support = new URL('../../support/child-process.ts', import.meta.url).href;
  const script = `import { startChild } from '${support}';
    console.log(startChild('sleep', ['600'], { stdio: 'ignore' }).pid);
    setInterval(() => {}, 1000);`;
  const parent = startChild(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  parent.stdout?.on('data', (part: Buffer) => {
    text += part.toString();
  });
  const pid = await eventually(() => /^(\d+)\n/.exec(text)?.[1], { what: 'the pid of the grandchild' });
  await endChild(parent, 'SIGKILL');
  await eventually(() => !alive(pid), { what: 'the end of the grandchild' });
});

/** In a container without an init process a killed orphan may stay as a zombie. */
function alive(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

test('a replica set that demands TLS lets in who trusts its CA, and no one else', async () => {
  await using folder = tempDir();
  const authority = await testAuthority();
  const tls = await writeMongodCertificates(folder.path, authority);
  await using set = await startReplicaSet({ tls });
  {
    await using client = await set.connect();
    assert.equal((await client.db('admin').command({ ping: 1 }))['ok'], 1);
  }
  const stranger = folder.file('stranger.pem');
  writeFileSync(stranger, (await testAuthority()).ca);
  await assert.rejects(set.connect({ tlsCAFile: stranger, serverSelectionTimeoutMS: 1000 }));
});
