import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { backupAgentSettings } from '../../src/cli/backup-agent-settings.ts';
import { monitoringAgentSettings } from '../../src/cli/monitoring-agent-settings.ts';
import { type RunningServer, startServer } from '../../src/cli/start-server.ts';
import { createLog } from '../../src/runtime/log.ts';
import { readSettings } from '../../src/runtime/settings.ts';
import { archiveName } from '../../src/server/downloads/file-name.ts';
import type { AgentKey } from '../../src/wire/api/access.ts';
import type { AuditAnswer } from '../../src/wire/api/audit.ts';
import { type Download, type DownloadKind, newDownloadAnswer } from '../../src/wire/api/downloads.ts';
import { agentHeaders, agentRoutes } from '../../src/wire/protocol.ts';
import { eventually } from '../support/eventually.ts';
import { type GroupApi, groupApi } from '../support/group-api.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

interface Ready extends AsyncDisposable {
  readonly server: RunningServer;
  readonly groupId: string;
  readonly apiToken: string;
  readonly logLines: readonly string[];
  readonly api: GroupApi['ask'];
  link(agent?: DownloadKind): Promise<ReturnType<typeof newDownloadAnswer.parse>>;
}

const program = Buffer.concat([randomBytes(500_000), Buffer.alloc(500_000)]);
const groupName = 'Köln & "co"';

async function ready(folder: TempDir, publicUrl?: string): Promise<Ready> {
  writeFileSync(folder.file('program'), program);
  const logLines: string[] = [];
  const log = createLog({ level: 'debug', format: 'json', write: (line) => logLines.push(line) });
  const server = await startServer({
    dataDir: folder.file('data'),
    listen: '127.0.0.1:0',
    log,
    publicUrl,
    agentExecutable: folder.file('program'),
  });
  const init = { action: 'init', email: 'a@b.example', password: 'correct horse', groupName } as const;
  const { groupId = '', apiToken = '' } = await server.admin(init);
  const group = groupApi({ url: server.url, groupId, apiToken });
  return {
    server,
    groupId,
    apiToken,
    logLines,
    api: group.ask,
    async link(agent) {
      const response = await group.ask('POST', '/downloads', agent === undefined ? undefined : { agent });
      assert.equal(response.status, 201);
      return newDownloadAnswer.parse(await response.json());
    },
    async [Symbol.asyncDispose]() {
      await group[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

async function json<T>(response: Response): Promise<T> {
  assert.equal(response.status, 200);
  return (await response.json()) as T;
}

async function fetchTo(url: string, path: string): Promise<Response> {
  const response = await fetch(url);
  writeFileSync(path, await response.bytes());
  return response;
}

const tables = { monitoring: monitoringAgentSettings, backup: backupAgentSettings };
for (const kind of ['monitoring', 'backup'] as const) {
  test(`both archives of a link unpack to the program and settings that the ${kind} agent reads`, async () => {
    await using folder = tempDir();
    await using app = await ready(folder);
    const made = await app.link(kind);
    assert.equal(made.download.kind, kind);
    assert.equal(made.fileName, `${archiveName(kind, groupName, app.groupId)}.tar.gz`);
    const unpack = { 'tar.gz': ['tar', '-xzpf'], zip: ['unzip', '-q'] } as const;
    const urls = { 'tar.gz': made.tarGzUrl, zip: made.zipUrl } as const;
    for (const format of ['tar.gz', 'zip'] as const) {
      const file = folder.file(`a.${format}`);
      const response = await fetchTo(urls[format], file);
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
      assert.equal(Number(response.headers.get('content-length')), statSync(file).size);
      assert.match(response.headers.get('content-disposition') ?? '', /^attachment; filename="[A-Za-z0-9._-]+"$/);
      const out = folder.file(`out-${format}`);
      mkdirSync(out);
      const [command, flags] = unpack[format];
      execFileSync(command, [flags, file], { cwd: out });
      const top = `${out}/leafward-${kind}-agent`;
      assert.deepEqual(readdirSync(out), [`leafward-${kind}-agent`]);
      const services = ['init', 'logrotate', 'service'].map((ending) => `leafward-${kind}-agent.${ending}`);
      const files = ['LICENSE', 'README', `${kind}-agent.config`, 'leafward', ...services];
      assert.deepEqual(readdirSync(top).sort(), files.sort());
      assert.ok(readFileSync(`${top}/leafward`).equals(program));
      assert.equal(statSync(`${top}/leafward-${kind}-agent.init`).mode & 0o777, 0o755);
      const settings = readSettings(tables[kind], { file: `${top}/${kind}-agent.config` });
      assert.equal(settings.serverUrl, app.server.publicUrl());
      assert.equal(settings.groupId, app.groupId);
      assert.match(settings.apiKey, /^lfw_/);
      assert.equal(settings.stateDir, `${top}/state`);
      assert.equal(statSync(`${top}/${kind}-agent.config`).mode & 0o777, 0o600);
    }
    const [listed] = await json<Download[]>(await app.api('GET', '/downloads'));
    assert.equal(listed?.downloads, 2);
    assert.equal(listed.kind, kind);
    const [key] = (await json<AgentKey[]>(await app.api('GET', '/keys'))).filter(({ sealed }) => sealed);
    assert.equal(key?.scope, kind);
  });
}

test('a link hands out its own kind of agent alone; an unknown kind is refused', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const made = await app.link('backup');
  assert.match(made.zipUrl, /\/leafward-backup-agent-[^/]+\.zip$/);
  const asked = await fetch(made.zipUrl.replace('leafward-backup-agent', 'leafward-monitoring-agent'));
  assert.equal(asked.status, 404);
  assert.match(((await asked.json()) as { hint: string }).hint, /leafward-backup-agent/);
  assert.equal((await app.api('POST', '/downloads', { agent: 'all' })).status, 400);
});

test('a HEAD tells the size and counts nothing; a download is an audit event without the token', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const made = await app.link();
  const head = await fetch(made.zipUrl, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.ok(Number(head.headers.get('content-length')) > 500_000);
  const [before] = await json<{ downloads: number }[]>(await app.api('GET', '/downloads'));
  assert.equal(before?.downloads, 0);
  await fetchTo(made.zipUrl, folder.file('a.zip'));
  const audit = async () => (await json<AuditAnswer>(await app.api('GET', '/audit'))).events;
  await eventually(async () => (await audit())[0]?.action === 'download.completed', { what: 'the last event' });
  const [ended, began] = await audit();
  assert.ok(Number(ended?.detail['sentBytes']) > 500_000);
  assert.deepEqual([began?.action, began?.detail['format'], ended?.actor.kind], ['download.started', 'zip', 'link']);
  assert.equal((await audit()).filter(({ action }) => action === 'download.started').length, 1);
  const token = new URL(made.zipUrl).pathname.split('/')[3] ?? '';
  assert.equal(Buffer.from(token, 'base64url').length, 32);
  assert.ok(!JSON.stringify(await audit()).includes(token));
  assert.ok(!app.logLines.join('\n').includes(token));
});

test('links come from publicUrl, whatever the Host header says', async () => {
  await using folder = tempDir();
  await using app = await ready(folder, 'https://leafward.example.net');
  const made = await app.link();
  assert.ok(made.tarGzUrl.startsWith('https://leafward.example.net/settings/agents/'));
  const path = new URL(made.zipUrl).pathname;
  await fetchTo(`${app.server.url}${path}`, folder.file('a.zip'));
  const text = execFileSync('unzip', ['-p', folder.file('a.zip'), '*/monitoring-agent.config'], { encoding: 'utf8' });
  assert.match(text, /^serverUrl = https:\/\/leafward\.example\.net$/m);
});

test('a revoked link hands out nothing, and its unused key is refused', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const made = await app.link();
  await fetchTo(made.zipUrl, folder.file('a.zip'));
  const text = execFileSync('unzip', ['-p', folder.file('a.zip'), '*/monitoring-agent.config'], { encoding: 'utf8' });
  const apiKey = /^apiKey = (\S+)$/m.exec(text)?.[1] ?? '';
  const ask = () =>
    fetch(`${app.server.url}${agentRoutes.hello}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        [agentHeaders.group]: app.groupId,
        [agentHeaders.protocol]: '1.0',
        'content-type': 'application/json',
      },
      body: '{}',
    });
  assert.notEqual((await ask()).status, 401);
  assert.equal((await app.api('DELETE', `/downloads/${made.download.id}`)).status, 204);
  assert.equal((await fetch(made.tarGzUrl)).status, 410);
  assert.equal((await ask()).status, 401);
});

test('wrong tokens and names are 404; the archives without a key hold the placeholders', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const made = await app.link();
  const wrong = `${app.server.url}/settings/agents/${randomBytes(32).toString('base64url')}/leafward-monitoring-agent-x.zip`;
  assert.equal((await fetch(wrong)).status, 404);
  assert.equal((await fetch(made.zipUrl.replace(/\.zip$/, '.exe'))).status, 404);
  for (const kind of ['monitoring', 'backup'] as const) {
    const file = folder.file(`${kind}.tar.gz`);
    assert.equal((await fetchTo(`${app.server.url}/settings/leafward-${kind}-agent.tar.gz`, file)).status, 200);
    const member = `leafward-${kind}-agent/${kind}-agent.config`;
    const text = execFileSync('tar', ['-xzOf', file, member], { encoding: 'utf8' });
    for (const line of ['serverUrl = @SERVER_URL@', 'groupId = @GROUP_ID@', 'apiKey = @API_KEY@']) {
      assert.ok(text.split('\n').includes(line), line);
    }
  }
});

test("another group's links are not there", async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const made = await app.link();
  const { stores, clock } = app.server.context;
  const group = await stores.groups.group(app.groupId);
  assert.ok(group !== undefined);
  await stores.groups.addGroup({ ...group, id: 'g_other', name: 'Other', createdAtMs: clock.now() }, 'nobody');
  const other = `${app.server.url}/api/v1/groups/g_other/downloads/${made.download.id}`;
  const headers = { authorization: `Bearer ${app.apiToken}` };
  assert.ok([403, 404].includes((await fetch(other, { method: 'DELETE', headers })).status));
  assert.equal((await fetch(made.zipUrl, { method: 'HEAD' })).status, 200);
});

test('without an executable the request says what to do', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  rmSync(folder.file('program'));
  const response = await fetch(`${app.server.url}/settings/leafward-monitoring-agent.zip`);
  assert.equal(response.status, 404);
  const { code, hint } = (await response.json()) as { code: string; hint: string };
  assert.equal(code, 'NOT_FOUND');
  assert.match(hint, /make build/);
});
