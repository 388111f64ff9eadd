import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { runAuditCommand } from '../../../src/cli/audit-command.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { addApiToken } from '../../../src/server/access/accounts.ts';
import { audit, byAdminCli } from '../../../src/server/audit.ts';
import { auditEvent } from '../../../src/wire/api/audit.ts';
import { addGroup, type ServerFixture, startFixture } from '../../support/server-fixture.ts';

/** What the command prints, by line. */
async function printed(t: TestContext, flags: Parameters<typeof runAuditCommand>[0]): Promise<string[]> {
  const lines: string[] = [];
  const log = t.mock.method(console, 'log', (line: string) => lines.push(line));
  try {
    await runAuditCommand(flags);
  } finally {
    log.mock.restore();
  }
  return lines;
}

async function started(): Promise<{ server: ServerFixture; groupId: string; way: Record<string, string> }> {
  const server = await startFixture();
  const group = await addGroup(server, 'Shop');
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const way = { serverUrl: `http://127.0.0.1:${port}`, groupId: group.id, apiToken: group.token };
  return { server, groupId: group.id, way };
}

function note(server: ServerFixture, groupId: string, label: string): Promise<void> {
  const subject = { kind: 'host', id: 'h_1', label } as const;
  return audit(server.context, byAdminCli, { action: 'host.changed', groupId, subject, detail: { fields: ['tls'] } });
}

test('events are printed newest first, page after page up to the limit, as lines or as JSON', async (t) => {
  const { server, groupId, way } = await started();
  await using _ = server;
  for (let n = 0; n < 520; n++) await note(server, groupId, `db${n}:27017`);
  const all = await printed(t, { ...way, limit: '510', json: true });
  const events = all.map((line) => auditEvent.parse(JSON.parse(line)));
  assert.equal(events.length, 510);
  assert.deepEqual([events[0]?.subject?.label, events.at(-1)?.subject?.label], ['db519:27017', 'db10:27017']);
  assert.equal((await printed(t, way)).length, 100, 'without a limit');
  const [line, ...more] = await printed(t, { ...way, text: 'db77:' });
  assert.deepEqual(
    [line, more.length],
    ['2027-01-15T08:00:00.000Z admin-cli leafward admin: host.changed host db77:27017  fields=["tls"]', 0],
  );
  for (const [filter, count] of [
    [{ action: 'host' }, 100],
    [{ action: 'backup' }, 0],
    [{ actor: 'nobody' }, 0],
    [{ to: '2027-01-15T08:00:00Z' }, 0],
    [{ from: '2027-01-15T08:00:00Z', limit: '3' }, 3],
    [{ from: '2027-01-15T09:00:00+01:00', to: '2027-01-16', limit: '3' }, 3],
  ] as const) {
    assert.equal((await printed(t, { ...way, ...filter })).length, count, JSON.stringify(filter));
  }
});

test('a name that was typed by others makes no second line and tells no terminal what to do', async (t) => {
  const { server, groupId, way } = await started();
  await using _ = server;
  await note(server, groupId, 'db\u001b[2J\u009b31m\u202e\n2027 forged: line');
  const lines = await printed(t, way);
  assert.deepEqual(lines.length, 1);
  assert.match(lines[0] ?? '', /db\\u001b\[2J\\u009b31m\\u202e\\u000a2027 forged: line/);
});

test('what cannot be asked for is refused before the server is asked; what is not allowed says which role has it', async (t) => {
  const { server, groupId, way } = await started();
  await using _ = server;
  for (const flags of [
    ...['0', '-1', '1.5', 'many', ''].map((limit) => ({ limit })),
    ...['yesterday', '5', '2026-11-21 10:00', '2026-11-21T10:00:00', '2026-13-45'].map((from) => ({ from })),
  ]) {
    const isUsage = (thrown: unknown): boolean => thrown instanceof AppError && thrown.exitStatus === 64;
    await assert.rejects(printed(t, { ...way, ...flags }), isUsage, JSON.stringify(flags));
  }
  const { secret } = await addApiToken(server.context, groupId, 'eyes', ['readOnly']);
  await assert.rejects(printed(t, { ...way, apiToken: secret }), (thrown: unknown) => {
    assert.ok(thrown instanceof AppError && thrown.exitStatus === 77, String(thrown));
    assert.match(thrown.message, /group\.own.*owner/);
    return true;
  });
});
