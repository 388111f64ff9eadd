import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { runVerifyAuditCommand } from '../../../src/cli/verify-audit-command.ts';
import type { AuditRecord } from '../../../src/server/audit/ports.ts';
import { auditMigrations } from '../../../src/storage/sqlite/audit-migrations.ts';
import { SqlAuditStore } from '../../../src/storage/sqlite/audit-store.ts';
import { verifyAuditLog } from '../../../src/storage/sqlite/audit-verify.ts';
import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { tempDir } from '../../support/temp-dir.ts';

function record(number: number, changes: Partial<AuditRecord> = {}): AuditRecord {
  return {
    id: `x_${number}`,
    groupId: 'g_1',
    atMs: number,
    actor: { kind: 'token', id: 't_1', name: 'nightly' },
    address: '192.0.2.1',
    action: 'backup.find',
    subject: null,
    detail: { namespace: 'shop.orders' },
    ...changes,
  };
}

const parts = [{ name: 'audit', steps: auditMigrations }];
const cutRecord: Parameters<SqlAuditStore['cut']>[1] = ({ sequence, hash }, events) =>
  record(999, { action: 'audit.cut', detail: { throughSequence: sequence, hash, events } });

test('the log of a running server and of a stopped one is found whole', async () => {
  await using dir = tempDir('audit');
  const database = await openSqlDatabase(dir.path, parts);
  const store = new SqlAuditStore(database);
  assert.deepEqual(verifyAuditLog(dir.path), {
    ok: true,
    events: 0,
    anchor: { sequence: 0, hash: '0'.repeat(64) },
    head: { sequence: 0, hash: '0'.repeat(64), atMs: null },
    bad: null,
  });
  await Promise.all(Array.from({ length: 300 }, (_, index) => store.append([record(index + 1)])));
  const running = verifyAuditLog(dir.path);
  assert.equal(running.ok, true);
  assert.equal(running.events, 300);
  assert.deepEqual(running.head, await store.head());
  const known = { sequence: running.head.sequence, hash: running.head.hash };
  await store.cut(120, cutRecord);
  await store.append([record(301)]);
  await database.close();
  const stopped = verifyAuditLog(dir.path, known);
  assert.deepEqual([stopped.ok, stopped.events, stopped.anchor.sequence], [true, 182, 120]);
});

interface Damage {
  readonly name: string;
  readonly sql: string;
  readonly sequence: number | null;
  readonly reason: RegExp;
}

const damages: readonly Damage[] = [
  {
    name: 'a changed detail',
    sql: `UPDATE audit_log SET detail = '{"namespace":"shop.other"}' WHERE sequence = 7`,
    sequence: 7,
    reason: /content was changed/,
  },
  {
    name: 'a changed actor',
    sql: `UPDATE audit_log SET actor_name = 'somebody' WHERE sequence = 9`,
    sequence: 9,
    reason: /content was changed/,
  },
  {
    name: 'a removed event',
    sql: 'DELETE FROM audit_log WHERE sequence = 12',
    sequence: 13,
    reason: /events 12 to 12 are missing/,
  },
  {
    name: 'two events that changed places',
    sql: `UPDATE audit_log SET sequence = -1 WHERE sequence = 5; UPDATE audit_log SET sequence = 5 WHERE sequence = 6;
      UPDATE audit_log SET sequence = 6 WHERE sequence = -1`,
    sequence: 5,
    reason: /does not follow/,
  },
  {
    name: 'a detail that is no JSON',
    sql: `UPDATE audit_log SET detail = '{' WHERE sequence = 8`,
    sequence: 8,
    reason: /cannot be read/,
  },
  {
    name: 'a beginning that was cut by hand',
    sql: `UPDATE audit_anchor SET sequence = 10, hash = (SELECT hash FROM audit_log WHERE sequence = 10);
      DELETE FROM audit_log WHERE sequence <= 10`,
    sequence: null,
    reason: /begins after event 10, but no event says that it was cut/,
  },
  {
    name: 'a row that says where it begins, gone',
    sql: 'DELETE FROM audit_anchor',
    sequence: null,
    reason: /row that says where it begins/,
  },
  {
    name: 'an end that was cut off',
    sql: 'DELETE FROM audit_log WHERE sequence > 15',
    sequence: null,
    reason: /ends at event 15: event 20, known from before, is gone/,
  },
];

test('each kind of damage is named, and where', async () => {
  await using dir = tempDir('audit');
  const database = await openSqlDatabase(dir.path, parts);
  const store = new SqlAuditStore(database);
  await store.append(Array.from({ length: 20 }, (_, index) => record(index + 1)));
  const { sequence, hash } = await store.head();
  await database.close();
  for (const damage of damages) {
    const file = new DatabaseSync(dir.file('leafward.db'));
    file.exec(
      'CREATE TABLE log_copy AS SELECT * FROM audit_log; CREATE TABLE anchor_copy AS SELECT * FROM audit_anchor',
    );
    file.exec(damage.sql);
    const { ok, bad } = verifyAuditLog(dir.path, { sequence, hash });
    assert.equal(ok, false, damage.name);
    assert.equal(bad?.sequence, damage.sequence, damage.name);
    assert.match(bad?.reason ?? '', damage.reason);
    file.exec(`DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM log_copy; DROP TABLE log_copy;
      DELETE FROM audit_anchor; INSERT INTO audit_anchor SELECT * FROM anchor_copy; DROP TABLE anchor_copy`);
    file.close();
    assert.equal(verifyAuditLog(dir.path, { sequence, hash }).ok, true);
  }
  const other = verifyAuditLog(dir.path, { sequence, hash: 'f'.repeat(64) });
  assert.match(other.bad?.reason ?? '', /known from before with the hash f+, and has another/);
});

test('the command prints the head, and ends with 1 when the log is broken', async (context) => {
  await using dir = tempDir('audit');
  const database = await openSqlDatabase(dir.path, parts);
  const store = new SqlAuditStore(database);
  await store.append([record(1), record(2)]);
  const { sequence, hash } = await store.head();
  await database.close();
  const printed: string[] = [];
  context.mock.method(console, 'log', (line: string) => printed.push(line));
  const run = async (flags: Record<string, string | boolean>) => {
    await runVerifyAuditCommand({ dataDir: dir.path, ...flags });
    const status = process.exitCode;
    process.exitCode = 0;
    return [status ?? 0, printed.pop() ?? ''] as const;
  };
  const whole = await run({ head: `${sequence}:${hash}` });
  assert.deepEqual([whole[0], whole[1].split('\n').at(-1)], [0, `head  ${sequence}:${hash}`]);
  const other = await run({ head: `${sequence + 1}:${hash}`, json: true });
  assert.deepEqual([other[0], JSON.parse(other[1]).ok], [1, false]);
  const file = new DatabaseSync(dir.file('leafward.db'));
  file.exec(`UPDATE audit_log SET address = NULL WHERE sequence = 2`);
  file.close();
  const broken = await run({});
  assert.equal(broken[0], 1);
  assert.match(broken[1], /is broken\.\nEvent 2: its content was changed: .*\nGood before that: 1 events \(1 to 1\)\./);
  await assert.rejects(run({ head: 'x' }), /--head is written as/);
  await assert.rejects(run({ dataDir: dir.file('none') }), /there is no database/);
});
