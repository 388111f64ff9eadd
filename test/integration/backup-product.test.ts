import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { MongoClient } from 'mongodb';
import type { FindAnswer, HistoryAnswer, NewRestoreLinkAnswer } from '../../src/wire/api/backup-reading.ts';
import type { BackupPlan, BackupSet, Snapshot } from '../../src/wire/api/backups.ts';
import { type App, runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

function startBackupAgent({ url, groupId, agentKey }: Product, name: string, folder: TempDir): App {
  const file = folder.file(`${name}.config`);
  const lines = [`serverUrl = ${url}`, `groupId = ${groupId}`, `apiKey = ${agentKey}`, `stateDir = ${name}-state`];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return startApp(['backup-agent', '--settings', file]);
}

/** `leafward backup …` as a script runs it. */
async function backup<T>({ url, groupId, apiToken }: Product, ...words: string[]): Promise<T> {
  const env = { LEAFWARD_SERVER_URL: url, LEAFWARD_GROUP_ID: groupId, LEAFWARD_API_TOKEN: apiToken };
  const { status, stdout, stderr } = await runApp(['backup', ...words, '--json'], { env }, 300_000);
  assert.equal(status, 0, `backup ${words.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function untilListed(product: Product, name: string): Promise<BackupSet> {
  return eventually(
    async () => (await product.api<BackupSet[]>('GET', '/backups')).find((set) => set.name === name) ?? false,
    { timeoutMs: 240_000, everyMs: 500, what: `monitoring to find ${name}` },
  );
}

/** Some agent has the set, and everything up to that second can be brought back. */
async function untilProtected(
  product: Product,
  id: string,
  seconds: number,
  fits: (now: BackupSet) => boolean = () => true,
): Promise<BackupSet> {
  return eventually(
    async () => {
      const now = await product.api<BackupSet>('GET', `/backups/${id}`);
      return now.agentId !== null && (now.protectedUntilMs ?? 0) / 1000 > seconds && fits(now) && now;
    },
    { timeoutMs: 240_000, everyMs: 250, what: 'an agent to go on' },
  );
}

async function insert(client: MongoClient, from: number, count: number): Promise<void> {
  const documents = Array.from({ length: count }, (_, index) => ({
    _id: from + index,
    text: `order ${from + index}`,
    total: index,
  }));
  await client.db('shop').collection<{ _id: number }>('orders').insertMany(documents);
}

test('a set is switched on, copied, followed, searched and streamed by what a user runs', {
  timeout: 600_000,
}, async () => {
  await using folder = tempDir('backup-product');
  await using set = await startReplicaSet({ members: 2 });
  await using client = await set.connect();
  await insert(client, 0, 3000);
  await using product = await startProduct(folder);
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  await using _monitoring = product.startAgent('monitoring', folder);
  await untilListed(product, set.name);
  await using first = startBackupAgent(product, 'first', folder);
  const plan = await eventually(
    async () => {
      const answer = await backup<BackupPlan>(product, 'plan', set.name);
      return answer.documents >= 3000 && answer.oplogWindowSeconds !== null && answer;
    },
    { timeoutMs: 240_000, everyMs: 500, what: 'monitoring to know how large the set is' },
  );
  assert.ok(plan.bytes > 3000 * 40 && plan.bytes < 3000 * 4000, `${plan.bytes} bytes`);
  assert.ok(plan.collections >= 1 && (plan.expectedSeconds ?? 0) > 0 && (plan.storeFreeBytes ?? 0) > 0);
  const started = await backup<BackupSet>(product, 'start', set.name, '--wait', '--timeout', '120');
  assert.equal(started.state, 'protected');

  // What is written now comes by the oplog.
  await client
    .db('shop')
    .collection<{ _id: number }>('orders')
    .updateOne({ _id: 7 }, { $set: { text: 'changed' } });
  await insert(client, 3000, 40);
  const made = await backup<Snapshot>(product, 'snapshot', set.name);
  assert.ok(made.documents >= 3040, `${made.documents} documents, with the 40 that came by the oplog`);
  const byId = await backup<FindAnswer>(product, 'find', set.name, 'shop.orders', '{"_id": 20}', '--snapshot', made.id);
  assert.deepEqual(byId.documents, [{ _id: { $numberInt: '20' }, text: 'order 20', total: { $numberInt: '20' } }]);
  await using second = startBackupAgent(product, 'second', folder);
  await second.line(/runs/);
  await first.crash();
  await client
    .db('shop')
    .collection<{ _id: number }>('orders')
    .updateOne({ _id: 8 }, { $set: { text: 'later' } });
  const later = Math.floor(Date.now() / 1000);
  const moved = await untilProtected(product, started.replicaSetId, later, (now) => now.agentId !== started.agentId);
  assert.equal(moved.state, 'protected');
  // The server is killed: the same agent goes on under the same lease.
  await product.crashServer();
  await client.db('shop').collection<{ _id: number }>('orders').deleteOne({ _id: 9 });
  const deletedSeconds = Math.floor(Date.now() / 1000) + 1;
  const goesOn = await untilProtected(product, started.replicaSetId, deletedSeconds);
  assert.equal(goesOn.agentId, moved.agentId);
  const gone = await backup<FindAnswer>(
    product,
    'find',
    set.name,
    'shop.orders',
    '{"_id": {"$in": [9, 10]}}',
    '--at',
    new Date(deletedSeconds * 1000).toISOString(),
  );
  assert.equal(gone.documents.length, 1);
  const found = await backup<FindAnswer>(
    product,
    'find',
    set.name,
    'shop.orders',
    '{"text": {"$in": ["changed", "later"]}}',
    '--at',
    new Date(later * 1000).toISOString(),
  );
  assert.deepEqual(
    found.documents.map((one) => (one as { _id: unknown })._id),
    [{ $numberInt: '7' }, { $numberInt: '8' }],
  );
  assert.equal(found.scanned, 3040);
  await backup<Snapshot>(product, 'snapshot', set.name);
  const history = await backup<HistoryAnswer>(product, 'history', set.name, 'shop.orders', '8');
  assert.deepEqual(history.versions.at(-1)?.changes, [{ path: 'text', before: 'order 8', after: 'later' }]);
  const verified = await backup<{ damage: unknown[]; blocks: number }>(product, 'verify', set.name);
  assert.deepEqual([verified.damage, verified.blocks > 0], [[], true]);

  const link = await backup<NewRestoreLinkAnswer>(product, 'link', set.name, '--snapshot', made.id, '--format', 'tar');
  const listing = spawn('bash', ['-c', link.command.replace('--extract', '--list')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let names = '';
  listing.stdout.on('data', (bytes: Buffer) => {
    names += bytes.toString();
  });
  const [status] = (await once(listing, 'close')) as [number];
  assert.equal(status, 0);
  assert.match(names, /shop\/orders\.bson/);
  await backup<BackupSet>(product, 'stop', set.name);
  const over = await backup<BackupSet>(product, 'terminate', set.name, '--confirm', set.name);
  assert.equal(over.state, 'terminating');
});
