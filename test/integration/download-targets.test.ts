import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runArtifactsCommand } from '../../src/cli/artifacts-command.ts';
import type { Flags } from '../../src/cli/commands.ts';
import { monitoringAgentSettings } from '../../src/cli/monitoring-agent-settings.ts';
import { type RunningServer, startServer } from '../../src/cli/start-server.ts';
import { buildInfo } from '../../src/runtime/build-info.ts';
import type { AppError } from '../../src/runtime/errors.ts';
import { createLog } from '../../src/runtime/log.ts';
import { readSettings } from '../../src/runtime/settings.ts';
import { ownTarget } from '../../src/server/downloads/target.ts';
import { type DownloadChoices, downloadChoices, newDownloadAnswer } from '../../src/wire/api/downloads.ts';
import { encodePublicKey, publicKeyOf } from '../../src/wire/minisign.ts';
import { type GroupApi, groupApi } from '../support/group-api.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { testArtifact } from '../support/test-artifact.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Ready extends AsyncDisposable {
  readonly server: RunningServer;
  readonly dataDir: string;
  readonly api: GroupApi['ask'];
  choices(): Promise<DownloadChoices>;
}

async function ready(folder: TempDir): Promise<Ready> {
  writeFileSync(folder.file('program'), randomBytes(10_000));
  const dataDir = folder.file('data');
  const log = createLog({ level: 'error', format: 'json', write: () => {} });
  const server = await startServer({ dataDir, listen: '127.0.0.1:0', log, agentExecutable: folder.file('program') });
  const init = { action: 'init', email: 'a@b.example', password: 'correct horse', groupName: 'Blue' } as const;
  const { groupId = '', apiToken = '' } = await server.admin(init);
  const group = groupApi({ url: server.url, groupId, apiToken });
  return {
    server,
    dataDir,
    api: group.ask,
    choices: async () => downloadChoices.parse(await (await group.ask('GET', '/download-choices')).json()),
    async [Symbol.asyncDispose]() {
      await group[Symbol.asyncDispose]();
      await server.close();
    },
  };
}

/** What the command prints. */
async function artifacts(flags: Flags, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => lines.push(line);
  try {
    await runArtifactsCommand(flags, args);
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

test('a platform without an executable is said so in the list and at its address; an artifact that is added brings it', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const blank = `${app.server.url}/settings/leafward-agents-win-arm64.zip`;
  const before = (await app.choices()).targets;
  assert.deepEqual(
    before.filter(({ available }) => available).map(({ target }) => target),
    [ownTarget()],
  );
  const refused = await fetch(blank);
  assert.equal(refused.status, 404);
  const { message, hint } = (await refused.json()) as { message: string; hint: string };
  assert.equal(message, 'there is no archive for Windows arm64');
  assert.match(hint, /leafward admin artifacts add leafward-[\d.]+-win-arm64\.artifact/);

  const { privateKey } = generateKeyPairSync('ed25519');
  const { path, files } = testArtifact(folder, 'win-arm64', { key: privateKey });
  writeFileSync(folder.file('keys.pub'), `${encodePublicKey(publicKeyOf(privateKey))}\n`);
  await artifacts({ dataDir: app.dataDir, artifactKeysFile: folder.file('keys.pub') }, 'add', path);
  assert.ok((await app.choices()).targets.find(({ target }) => target === 'win-arm64')?.available);

  const link = newDownloadAnswer.parse(await (await app.api('POST', '/downloads', { agent: 'both' })).json());
  const archive = link.archives.find(({ target }) => target === 'win-arm64');
  for (const [format, url] of [
    ['tar.gz', archive?.tarGzUrl],
    ['zip', archive?.zipUrl],
    ['blank.zip', blank],
  ] as const) {
    const file = folder.file(`a.${format}`);
    writeFileSync(file, await (await fetch(url ?? '')).bytes());
    const out = folder.file(`out-${format}`);
    mkdirSync(out);
    if (format === 'tar.gz') execFileSync('tar', ['-xzf', file], { cwd: out });
    else execFileSync('unzip', ['-q', file], { cwd: out });
    const top = `${out}/leafward-agents`;
    for (const [name, bytes] of files) assert.ok(readFileSync(`${top}/${name}`).equals(bytes), `${format} ${name}`);
    const names = ['LICENSE', 'README.txt', 'backup-agent.config', 'monitoring-agent.config', ...files.keys()];
    assert.deepEqual(readdirSync(top).sort(), names.sort());
    if (format === 'blank.zip') continue;
    const { apiKey } = readSettings(monitoringAgentSettings, { file: `${top}/monitoring-agent.config` });
    assert.match(apiKey, /^lfw_/);
  }
  assert.equal(
    statSync(`${app.dataDir}/artifacts/leafward-${buildInfo.version}-win-arm64.artifact`).mode & 0o777,
    0o600,
  );
  await artifacts({ dataDir: app.dataDir }, 'remove', `leafward-${buildInfo.version}-win-arm64`);
  assert.equal((await fetch(blank)).status, 404);
});

test('only what is signed by a trusted key, or known by its hash, is added; what is damaged is not', async () => {
  await using folder = tempDir();
  const dataDir = folder.file('data');
  mkdirSync(dataDir);
  const { privateKey } = generateKeyPairSync('ed25519');
  const other = generateKeyPairSync('ed25519').privateKey;
  writeFileSync(folder.file('keys.pub'), `${encodePublicKey(publicKeyOf(privateKey))}\n`);
  const flags = { dataDir, artifactKeysFile: folder.file('keys.pub') };
  const fails = (code: string, words: RegExp) => (error: AppError) => error.code === code && words.test(error.message);

  const unsigned = testArtifact(folder, 'darwin-x64');
  await assert.rejects(artifacts(flags, 'add', unsigned.path), fails('ARTIFACT_UNTRUSTED', /not signed/));
  const wrong = { ...flags, sha256: sha256(Buffer.from('something else')) };
  await assert.rejects(artifacts(wrong, 'add', unsigned.path), fails('ARTIFACT_UNTRUSTED', /another SHA-256/));
  const strange = testArtifact(folder, 'darwin-arm64', { key: other });
  await assert.rejects(artifacts(flags, 'add', strange.path), fails('ARTIFACT_UNTRUSTED', /is not trusted here/));

  const signed = testArtifact(folder, 'linux-arm64', { key: privateKey });
  const bytes = readFileSync(signed.path);
  writeFileSync(signed.path, Buffer.concat([bytes.subarray(0, -1), Buffer.of((bytes.at(-1) ?? 0) ^ 1)]));
  await assert.rejects(artifacts(flags, 'add', signed.path), fails('INPUT_INVALID', /leafward is damaged/));
  writeFileSync(signed.path, bytes.subarray(0, -1));
  await assert.rejects(
    artifacts(flags, 'add', signed.path),
    fails('INPUT_INVALID', /bytes were expected|were expected/),
  );
  const header = Buffer.from(bytes);
  header[header.indexOf('"abc"') + 1] = 0x62;
  writeFileSync(signed.path, header);
  await assert.rejects(artifacts(flags, 'add', signed.path), fails('ARTIFACT_UNTRUSTED', /signature .* is wrong/));
  writeFileSync(folder.file('other.artifact'), bytes);
  await assert.rejects(
    artifacts(flags, 'add', folder.file('other.artifact')),
    fails('INPUT_INVALID', /holds leafward-/),
  );
  assert.ok(!existsSync(`${dataDir}/artifacts`));

  writeFileSync(signed.path, bytes);
  await artifacts(flags, 'add', signed.path);
  await artifacts({ dataDir, sha256: sha256(readFileSync(unsigned.path)) }, 'add', unsigned.path);
  assert.equal(readdirSync(`${dataDir}/artifacts`).length, 2);
  const outside = { dataDir: folder.file('nowhere'), artifactKeysFile: folder.file('keys.pub') };
  await assert.rejects(artifacts(outside, 'add', signed.path), fails('NOT_FOUND', /no data directory/));
  await assert.rejects(artifacts({ dataDir }, 'remove', '../program'), fails('NOT_FOUND', /no artifact/));
});

test('an artifact of another version, or one that was damaged in its place, is listed and not handed out', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const place = `${app.dataDir}/artifacts`;
  mkdirSync(place);
  const old = testArtifact(folder, 'darwin-x64', { version: '0.0.1' });
  writeFileSync(`${place}/leafward-0.0.1-darwin-x64.artifact`, readFileSync(old.path));
  const broken = testArtifact(folder, 'darwin-arm64');
  const bytes = readFileSync(broken.path);
  bytes[bytes.length - 10] = (bytes[bytes.length - 10] ?? 0) ^ 255;
  writeFileSync(`${place}/leafward-${buildInfo.version}-darwin-arm64.artifact`, bytes);
  writeFileSync(`${place}/leafward-${buildInfo.version}-win-x64.artifact`, 'nonsense');
  const { targets } = await app.choices();
  assert.match(targets.find(({ target }) => target === 'darwin-x64')?.reason ?? '', /has version 0\.0\.1/);
  assert.equal(targets.find(({ target }) => target === 'win-x64')?.available, false);
  const damaged = await fetch(`${app.server.url}/settings/leafward-backup-agent-darwin-arm64.tar.gz`);
  assert.equal(damaged.status, 400);
  assert.match(((await damaged.json()) as { message: string }).message, /is damaged/);
  const listed = await artifacts({ dataDir: app.dataDir }, 'list');
  assert.match(listed, /0\.0\.1-darwin-x64\.artifact {2}not version/);
  assert.match(listed, /win-x64\.artifact {2}this is not an artifact of Leafward/);
});

test('the settings of a link alone are what a package needs besides its own file', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  const link = newDownloadAnswer.parse(await (await app.api('POST', '/downloads', { agent: 'monitoring' })).json());
  const response = await fetch(`${link.settingsUrl}/monitoring-agent.config`);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  mkdirSync(folder.file('monitoring-agent.d'));
  writeFileSync(
    folder.file('monitoring-agent.config'),
    'serverUrl = @SERVER_URL@\ngroupId = @GROUP_ID@\napiKey = @API_KEY@\n',
  );
  writeFileSync(folder.file('monitoring-agent.d/group.config'), await response.text());
  const read = readSettings(monitoringAgentSettings, { file: folder.file('monitoring-agent.config') });
  assert.equal(read.serverUrl, app.server.publicUrl());
  assert.match(read.apiKey, /^lfw_/);
  assert.equal((await fetch(`${link.settingsUrl}/backup-agent.config`)).status, 404);
});

test('repositories that lie in the data directory are named, others are not', async () => {
  await using folder = tempDir();
  await using app = await ready(folder);
  assert.deepEqual((await app.choices()).repositories, { apt: null, yum: null });
  mkdirSync(`${app.dataDir}/repositories/apt/dists`, { recursive: true });
  writeFileSync(`${app.dataDir}/repositories/leafward.asc`, 'a key');
  const { repositories } = await app.choices();
  assert.deepEqual(repositories, { apt: `${app.server.publicUrl()}/repo/leafward.sources`, yum: null });
});
