import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import type { Document, MongoClient } from 'mongodb';
import { Logins } from '../../../src/deployment/logins.ts';
import { leastRoles, type RoleKind, roleScript } from '../../../src/deployment/roles.ts';
import { drill } from '../../../src/restore/drill.ts';
import { Target } from '../../../src/restore/target.ts';
import type { Host, HostInfo } from '../../../src/wire/api/deployment.ts';
import type { MetricInfo } from '../../../src/wire/api/metrics.ts';
import { startBackupServer } from '../../support/backup-server.ts';
import { assertIsOplog, backUp, startCapturing, untilCaptured, untilScanned } from '../../support/capturing.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/replica-set.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { startWatching } from '../../support/watching.ts';
import { fillEveryKind } from '../restore/every-kind.ts';
import { runRestore } from '../restore/run-restore.ts';

const password = 'also secret';
const patience = { timeoutMs: 240_000, everyMs: 100 };
const versions: readonly MongodVersion[] = ['6.0', '4.4'];

/** Runs what `leafward doctor --print-role` prints, as mongosh would, and makes the user. */
async function addUser(root: MongoClient, kind: RoleKind, version: MongodVersion): Promise<Logins> {
  const commands: Document[] = [];
  const admin = {
    getRole: (name: string) => (commands.length === 0 ? null : { role: name }),
    runCommand(command: Document) {
      commands.push({ ...command });
      return { ok: 1 };
    },
  };
  const db = { version: () => `${version}.1`, getSiblingDB: () => admin };
  const script = roleScript(kind);
  // Twice: it can be run again.
  for (const _ of [1, 2]) runInNewContext(script, { db, print: () => undefined, parseInt });
  assert.deepEqual(
    commands.map((command) => Object.keys(command)[0]),
    ['createRole', 'updateRole'],
  );
  const { role, user } = leastRoles[kind];
  for (const command of commands) await root.db('admin').command(JSON.parse(JSON.stringify(command)));
  await root.db('admin').command({ createUser: user, pwd: password, roles: [role] });
  return Logins.fixed({ username: user, password, authSource: 'admin' });
}

/** mongod logs every command that it refuses for want of a privilege. */
function assertNothingRefused(set: ReplicaSet, from: number): void {
  const [mongod] = set.members;
  const lines = (mongod?.logText() ?? '').slice(from).split('\n');
  const refused = lines.filter((line) => /Checking authorization failed|not authorized on/.test(line));
  assert.deepEqual(refused, []);
}

async function fill(root: MongoClient, version: MongodVersion): Promise<void> {
  const shop = root.db('shop');
  await shop.collection('orders').insertMany(Array.from({ length: 500 }, (_, at) => ({ at, text: 'x'.repeat(1000) })));
  await shop.collection('orders').createIndex({ at: 1 });
  await shop.createCollection('log', { capped: true, size: 100_000 });
  await shop.createCollection('seen', { viewOn: 'orders', pipeline: [] });
  await shop.collection<{ _id: string }>('system.js').insertOne({ _id: 'f' });
  if (version !== '4.4') {
    await shop.createCollection('weather', { timeseries: { timeField: 'at', metaField: 'where' } });
    await shop.collection('weather').insertOne({ at: new Date(), where: 'here', t: 1 });
  }
}

for (const version of versions) {
  test(`each part asks for nothing that its least role does not give, mongod ${version}`, {
    timeout: 600_000,
  }, async (t) => {
    await using set = await startReplicaSet({ version, auth: { user: 'root', password: 'secret' }, members: 1 });
    await using root = await set.connect();
    await fill(root, version);
    const host = set.hosts[0] ?? '';

    await t.test('the monitoring agent', async () => {
      const logins = await addUser(root, 'monitoring', version);
      const before = set.members[0]?.logText().length ?? 0;
      await using watching = await startWatching();
      await watching.api('PATCH', '', { collectDatabases: true, collectCollections: true });
      await watching.api('POST', '/hosts', { host });
      await watching.startAgent({ logins, importDiagnosticData: true });
      const watched = async (): Promise<Host | undefined> =>
        (await watching.api<Host[]>('GET', '/hosts')).find((one) => one.host === host && one.lastSampleAtMs !== null);
      const { id } = (await eventually(watched, patience)) ?? assert.fail('no host');
      const has = (pattern: RegExp) => async (): Promise<boolean> => {
        const metrics = await watching.api<MetricInfo[]>('GET', `/hosts/${id}/metrics`);
        return metrics.some(({ name }) => pattern.test(name));
      };
      for (const pattern of [/^systemMetrics\./, /oplog/i, /dbStats/, /collStats/i]) {
        await eventually(has(pattern), { ...patience, what: `metrics ${pattern}` });
      }
      const info = async (): Promise<boolean> => {
        const { documents } = await watching.api<HostInfo>('GET', `/hosts/${id}/info`);
        return documents.length === 4;
      };
      await eventually(info, { ...patience, what: 'the four documents of the Info tab' });
      const seen = await watched();
      assert.equal(seen?.problem, null);
      assertNothingRefused(set, before);
    });

    await t.test('the backup agent', async () => {
      const logins = await addUser(root, 'backup', version);
      const before = set.members[0]?.logText().length ?? 0;
      await using server = await startBackupServer();
      const state = backUp(server, set, {});
      await using capturing = await startCapturing(server, { logins });
      await untilScanned(state, capturing);
      await root.db('shop').collection('later').insertOne({ at: 1 });
      await untilCaptured(state, root);
      await assertIsOplog(state, root);
      assertNothingRefused(set, before);
    });

    await t.test('drills, and a restore with users, roles and indexes', async () => {
      await using to = await startReplicaSet({ version, auth: { user: 'root', password: 'secret' }, members: 1 });
      await using target = await to.connect();
      await addUser(target, 'restore', version);
      await using from = await startMongod({ version });
      await using source = await from.connect();
      await fillEveryKind(source, from.port, version);
      await source.db('shop').command({ createRole: 'reader', privileges: [], roles: [] });
      await source.db('shop').command({ createUser: 'anna', pwd: 'one', roles: ['reader'] });
      const view = memorySource(await readDatabases(source, ['test', 'shop', 'admin']), {
        sourceVersion: `${version}.1`,
      });
      const login = `${leastRoles.restore.user}:${encodeURIComponent(password)}`;
      const uri = to.uri.replace('mongodb://', `mongodb://${login}@`);
      const before = to.members[0]?.logText().length ?? 0;
      {
        const drills = memorySource(await readDatabases(source, ['test', 'shop']), {
          sourceVersion: `${version}.1`,
          replicaSetId: 'a'.repeat(24),
        });
        await using drilled = await Target.open({ uri, connections: 2, signal: new AbortController().signal });
        for (const _ of [1, 2]) assert.deepEqual((await drill(drills, drilled)).differences, []);
      }
      const report = await runRestore(view, uri, { usersAndRoles: true, drop: true });
      assert.deepEqual(report.refusals, []);
      await runRestore(view, uri, { drop: true });
      assertNothingRefused(to, before);
      const users = await target.db('shop').command({ usersInfo: 'anna' });
      assert.equal(users['users'].length, 1);
    });
  });
}
