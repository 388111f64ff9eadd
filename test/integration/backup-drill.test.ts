import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Alert } from '../../src/wire/api/alerts.ts';
import type { BackupDrill, BackupSet } from '../../src/wire/api/backups.ts';
import { type App, runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { storeFiles } from '../support/faults/flip-bit.ts';
import { startMongod } from '../support/mongod.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { fillSource, openWorkload } from '../support/workload/random-workload.ts';
import { hashesAt } from '../support/workload/source-oracle.ts';

function startBackupAgent({ url, groupId, agentKey }: Product, folder: TempDir, target: string): App {
  writeFileSync(folder.file('target.uri'), `${target}\n`, { mode: 0o600 });
  const file = folder.file('backup.config');
  const lines = [`serverUrl = ${url}`, `groupId = ${groupId}`, `apiKey = ${agentKey}`, 'stateDir = backup-state'];
  writeFileSync(file, `${[...lines, 'drillTargetFile = target.uri'].join('\n')}\n`, { mode: 0o600 });
  return startApp(['backup-agent', '--settings', file]);
}

function withoutMarks(hashes: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...hashes].filter(([namespace]) => !namespace.endsWith('.leafward_drill')));
}

test('a snapshot is restored into the target of the agent and proved; what is not as it was is told', {
  timeout: 600_000,
}, async () => {
  await using folder = tempDir('backup-drill');
  await using set = await startReplicaSet({ args: ['--setParameter', 'enableTestCommands=1'] });
  await using target = await startMongod({ args: ['--setParameter', 'enableTestCommands=1'] });
  await using client = await set.connect();
  await using inTarget = await target.connect();
  await fillSource(await openWorkload(client, 7), async () => (await set.primary()).port, 300);
  await using product = await startProduct(folder);
  await product.api('PATCH', '', { intervalMs: 1000 });
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  await using _monitoring = product.startAgent('monitoring', folder);
  const found = await eventually(
    async () => (await product.api<BackupSet[]>('GET', '/backups')).find(({ name }) => name === set.name) ?? false,
    { timeoutMs: 240_000, what: 'the replica set in the list of backups' },
  );
  await using agent = startBackupAgent(product, folder, target.uri);
  const env = {
    LEAFWARD_SERVER_URL: product.url,
    LEAFWARD_GROUP_ID: product.groupId,
    LEAFWARD_API_TOKEN: product.apiToken,
  };
  const backup = async (...words: string[]) => {
    const { status, stdout, stderr } = await runApp(['backup', ...words, '--json'], { env });
    assert.ok(stdout !== '', `backup ${words.join(' ')}: ${status} ${stderr}`);
    return { status, answer: JSON.parse(stdout) };
  };
  const drill = async (): Promise<{ status: unknown; answer: BackupDrill }> => backup('drill', set.name, '--wait');
  const started = await backup('start', set.name, '--wait', '--timeout', '120', '--drill-every-days', '3');
  assert.deepEqual([started.answer.state, started.answer.drillEveryDays, started.answer.drill], ['protected', 3, null]);

  const first = await drill();
  assert.deepEqual(
    [first.answer.message.replace(/\d+/g, 'N'), first.status],
    ['N collections, N documents and N indexes were restored, read back, and are what was backed up.', 0],
  );
  assert.deepEqual([first.answer.ok, first.answer.target], [true, `127.0.0.1:${target.port}`]);
  assert.ok(first.answer.documents > 300, first.answer.message);
  assert.deepEqual(withoutMarks(await hashesAt(inTarget, undefined)), await hashesAt(client, undefined));
  const again = await drill();
  assert.deepEqual([again.answer.ok, again.answer.documents], [true, first.answer.documents]);

  await inTarget.db('payroll').collection('people').insertOne({ name: 'Ada' });
  const refused = await drill();
  assert.equal(refused.status, 1);
  assert.match(refused.answer.message, /holds payroll, which no drill has written/);
  assert.equal(await inTarget.db('payroll').collection('people').countDocuments(), 1);
  const alert = await eventually(
    async () => {
      const active = await product.api<Alert[]>('GET', '/alerts?state=active');
      return active.find(({ ruleId }) => ruleId === 'default-backupDrillFailed') ?? false;
    },
    { timeoutMs: 240_000, what: 'the alert of the failed drill' },
  );
  assert.match(alert.detail, /payroll/);

  await agent.stop();
  const alone = await drill();
  assert.deepEqual([alone.status, alone.answer.ok, alone.answer.target], [0, true, null]);
  assert.ok(alone.answer.documents >= first.answer.documents);
  for (const path of storeFiles(product.dataDir, '.pack')) {
    const bytes = readFileSync(path);
    for (let at = 2000; at < bytes.length; at += 4000) bytes[at] = (bytes[at] ?? 0) ^ 4;
    writeFileSync(path, bytes);
  }
  const damaged = await drill();
  assert.deepEqual([damaged.status, damaged.answer.ok], [1, false]);
  assert.match(damaged.answer.message, /^Cannot be read: /);

  const list: BackupDrill[] = (await backup('drills', set.name)).answer;
  assert.deepEqual(
    list.map(({ id }) => id),
    [damaged, alone, refused, again, first].map(({ answer }) => answer.id),
  );
  const view = await product.api<BackupSet>('GET', `/backups/${found.replicaSetId}`);
  assert.equal(view.drill?.message, damaged.answer.message);
});
