import assert from 'node:assert/strict';
import {
  existsSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backupAgentSettings } from '../../../../src/cli/backup-agent-settings.ts';
import type { Flags } from '../../../../src/cli/commands.ts';
import { runInstall, runUninstall } from '../../../../src/cli/install/install-command.ts';
import { monitoringAgentSettings } from '../../../../src/cli/monitoring-agent-settings.ts';
import type { AppError } from '../../../../src/runtime/errors.ts';
import { readSettings } from '../../../../src/runtime/settings.ts';
import { type TempDir, tempDir } from '../../../support/temp-dir.ts';

const isRoot = process.getuid?.() === 0;
const tables = { 'monitoring-agent': monitoringAgentSettings, 'backup-agent': backupAgentSettings } as const;
type Agent = keyof typeof tables;

interface Machine {
  readonly root: string;
  path(name: string): string;
  install(agent: Agent, flags?: Flags): Promise<string[]>;
  uninstall(agent: Agent, flags?: Flags): Promise<string[]>;
}

/** The top of a system that has users and systemd, and nothing of ours; a program and a key beside it. */
function machine(folder: TempDir, starts = 'usr/lib/systemd/systemd'): Machine {
  const root = folder.file('root');
  for (const dir of ['etc', 'usr/lib/systemd']) mkdirSync(join(root, dir), { recursive: true });
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  for (const name of ['shadow', 'gshadow']) writeFileSync(join(root, 'etc', name), '', { mode: 0o600 });
  if (starts.endsWith('/')) mkdirSync(join(root, starts));
  else writeFileSync(join(root, starts), '');
  writeFileSync(folder.file('program'), 'one program\n', { mode: 0o755 });
  writeFileSync(folder.file('key'), 'lfw_secret\n', { mode: 0o600 });
  const fresh = { root, binary: folder.file('program') };
  return {
    root,
    path: (name) => join(root, name),
    install: (agent, flags = given(folder)) => said(() => runInstall(agent, tables[agent], { ...fresh, ...flags })),
    uninstall: (agent, flags = {}) => said(() => runUninstall(agent, { root, ...flags })),
  };
}

function given(folder: TempDir): Flags {
  return { serverUrl: 'https://leafward.example.net', groupId: 'g_1', apiKeyFile: folder.file('key') };
}

/** What a command prints. */
async function said(work: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const { log } = console;
  const umask = process.umask();
  console.log = (line: string) => lines.push(line);
  try {
    await work();
  } finally {
    console.log = log;
    process.umask(umask);
  }
  return lines;
}

function modeOf(path: string): string {
  return (statSync(path).mode & 0o7777).toString(8).padStart(4, '0');
}

function everything(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
}

test('install makes user, folders, settings and a unit that starts at boot; a second time it changes nothing', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  await here.install('monitoring-agent');
  const settings = here.path('etc/leafward/monitoring-agent.config');
  const read = readSettings(monitoringAgentSettings, { file: settings });
  assert.deepEqual([read.serverUrl, read.groupId, read.apiKey], ['https://leafward.example.net', 'g_1', 'lfw_secret']);
  assert.equal(read.stateDir, '/var/lib/leafward/monitoring-agent');
  for (const name of ['etc/leafward', 'var/lib/leafward', 'var/lib/leafward/monitoring-agent', 'var/log/leafward']) {
    assert.equal(modeOf(here.path(name)), '0750', name);
  }
  assert.deepEqual(
    [modeOf(settings), modeOf(here.path('var/lib')), modeOf(here.path('usr/local/bin/leafward'))],
    ['0640', '0755', '0755'],
  );
  const unit = readFileSync(here.path('etc/systemd/system/leafward-monitoring-agent.service'), 'utf8');
  const start = '/usr/local/bin/leafward monitoring-agent --settings /etc/leafward/monitoring-agent.config';
  assert.ok(unit.includes(`\nExecStart=${start}\n`));
  const wanted = 'etc/systemd/system/multi-user.target.wants/leafward-monitoring-agent.service';
  assert.equal(readFileSync(here.path(wanted), 'utf8'), unit);
  const before = everything(here.root);
  assert.equal((await here.install('monitoring-agent')).filter((line) => line.startsWith('done: ')).length, 0);
  assert.deepEqual(everything(here.root), before);
});

test('root owns the settings, the user of the service reads them and owns its folders', { skip: !isRoot }, async () => {
  await using folder = tempDir();
  const here = machine(folder);
  await here.install('monitoring-agent');
  const numbers = (file: string): number[] =>
    (/^leafward:.*$/m.exec(readFileSync(here.path(file), 'utf8'))?.[0] ?? '').split(':').slice(2, 4).map(Number);
  const [uid = Number.NaN, gid = Number.NaN] = numbers('etc/passwd');
  assert.equal(numbers('etc/group')[0], gid);
  const owner = (name: string): number[] => [statSync(here.path(name)).uid, statSync(here.path(name)).gid];
  assert.deepEqual(owner('etc/leafward/monitoring-agent.config'), [0, gid]);
  assert.deepEqual(owner('etc/leafward'), [0, gid]);
  assert.deepEqual(owner('var/lib/leafward/monitoring-agent'), [uid, gid]);
  assert.deepEqual(owner('usr/local/bin/leafward'), [0, 0]);
});

test('a link in the place of a folder gives nothing away, unless root made it', { skip: !isRoot }, async () => {
  await using folder = tempDir();
  const here = machine(folder);
  await here.install('monitoring-agent');
  const state = here.path('var/lib/leafward/monitoring-agent');
  mkdirSync(folder.file('elsewhere'), { mode: 0o755 });
  rmdirSync(state);
  symlinkSync(folder.file('elsewhere'), state);
  lchownSync(state, 12_345, 12_345);
  await assert.rejects(here.install('monitoring-agent'), /is a link that root has not made/);
  assert.deepEqual([modeOf(folder.file('elsewhere')), statSync(folder.file('elsewhere')).uid], ['0755', 0]);
  lchownSync(state, 0, 0);
  await here.install('monitoring-agent');
  assert.equal(modeOf(folder.file('elsewhere')), '0750');
});

test('settings of an archive are installed with its CA and with paths that still lead to their files', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  mkdirSync(folder.file('unpacked'));
  const file = folder.file('unpacked/backup-agent.config');
  const lines = ['# mine', 'serverUrl = https://l.example.net', 'groupId = g_2', 'apiKey = lfw_2', 'stateDir = state'];
  const more = [
    'serverCaFile = server-ca.pem',
    'mongodbPasswordFile = secret',
    'mongodbUsername = u',
    '#logLevel = info',
  ];
  writeFileSync(file, [...lines, ...more, ''].join('\n'));
  writeFileSync(folder.file('unpacked/server-ca.pem'), 'the CA');
  writeFileSync(folder.file('unpacked/secret'), 'pw');
  await here.install('backup-agent', { settings: file, logLevel: 'debug' });
  const text = readFileSync(here.path('etc/leafward/backup-agent.config'), 'utf8');
  assert.deepEqual(text.split('\n'), [
    ...lines.slice(0, 4),
    'stateDir = /var/lib/leafward/backup-agent',
    'serverCaFile = /etc/leafward/server-ca.pem',
    `mongodbPasswordFile = ${folder.file('unpacked/secret')}`,
    'mongodbUsername = u',
    'logLevel = debug',
    '',
  ]);
  assert.equal(readFileSync(here.path('etc/leafward/server-ca.pem'), 'utf8'), 'the CA');
});

test('what is there and differs is named and left alone, until it is to be replaced', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  await here.install('monitoring-agent');
  const before = readFileSync(here.path('etc/leafward/monitoring-agent.config'), 'utf8');
  writeFileSync(folder.file('program'), 'a newer program\n');
  const other = { ...given(folder), groupId: 'g_other' };
  await assert.rejects(
    here.install('monitoring-agent', other),
    (error: AppError) =>
      error.code === 'CONFLICT' &&
      error.message.endsWith('/usr/local/bin/leafward, /etc/leafward/monitoring-agent.config'),
  );
  assert.equal(readFileSync(here.path('etc/leafward/monitoring-agent.config'), 'utf8'), before);
  // An update brings a program alone: the settings stay.
  await here.install('monitoring-agent', { replace: true });
  assert.equal(readFileSync(here.path('etc/leafward/monitoring-agent.config'), 'utf8'), before);
  assert.equal(readFileSync(here.path('usr/local/bin/leafward'), 'utf8'), 'a newer program\n');
  await here.install('monitoring-agent', { ...other, replace: true });
  assert.match(readFileSync(here.path('etc/leafward/monitoring-agent.config'), 'utf8'), /^groupId = g_other$/m);
  assert.equal(readFileSync(here.path('etc/leafward/monitoring-agent.config.old'), 'utf8'), before);
});

test('nothing is installed with settings that the agent would refuse', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  const before = everything(here.root);
  const code = (wanted: string) => (error: AppError) => error.code === wanted;
  await assert.rejects(here.install('monitoring-agent', {}), code('SETTINGS_INVALID'));
  const { serverUrl: _, ...noUrl } = given(folder);
  await assert.rejects(here.install('monitoring-agent', noUrl), code('SETTINGS_INVALID'));
  const blank = { ...given(folder), groupId: '@GROUP_ID@' };
  await assert.rejects(here.install('monitoring-agent', blank), code('SETTINGS_PLACEHOLDER'));
  assert.deepEqual(everything(here.root), before);
});

test('beside a package it refuses, and says how to use that', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  mkdirSync(here.path('usr/lib/systemd/system'));
  writeFileSync(here.path('usr/lib/systemd/system/leafward-monitoring-agent.service'), '');
  await assert.rejects(here.install('monitoring-agent'), /a package has installed leafward-monitoring-agent/);
  await here.install('backup-agent');
});

test('a dry run names every step and changes nothing', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  const before = everything(here.root);
  const lines = await here.install('monitoring-agent', { ...given(folder), dryRun: true });
  assert.deepEqual(everything(here.root), before);
  assert.ok(lines.includes('would: settings /etc/leafward/monitoring-agent.config (0640 root:leafward)'));
  assert.ok(!lines.join('\n').includes('lfw_secret'));
});

test('uninstall leaves settings and data, and what the other agent needs; with --purge nothing of it is left', async () => {
  await using folder = tempDir();
  const here = machine(folder);
  const before = everything(here.root);
  await here.install('monitoring-agent');
  await here.install('backup-agent');
  await here.uninstall('monitoring-agent', { purge: true });
  assert.ok(existsSync(here.path('usr/local/bin/leafward')));
  assert.deepEqual(readdirSync(here.path('etc/leafward')), ['backup-agent.config']);
  writeFileSync(here.path('var/lib/leafward/backup-agent/spool'), 'data');
  writeFileSync(here.path('var/log/leafward/backup-agent.log'), 'lines');
  await here.uninstall('backup-agent');
  assert.ok(!existsSync(here.path('usr/local/bin/leafward')));
  assert.ok(!existsSync(here.path('etc/systemd/system/leafward-backup-agent.service')));
  assert.ok(existsSync(here.path('etc/leafward/backup-agent.config')));
  assert.ok(existsSync(here.path('var/lib/leafward/backup-agent/spool')));
  await here.uninstall('backup-agent', { purge: true });
  const left = everything(here.root).filter((name) => !before.includes(name));
  assert.deepEqual(
    left.filter((name) => name.includes('leafward') || statSync(here.path(name)).isFile()).filter(isOurs),
    [],
  );
  if (isRoot) assert.ok(!readFileSync(here.path('etc/passwd'), 'utf8').includes('leafward'));
  assert.deepEqual((await here.uninstall('backup-agent', { purge: true })).length, 0);
});

/** useradd keeps copies of what it changes. */
function isOurs(name: string): boolean {
  return !/^etc\/(passwd|group|shadow|gshadow)-$/.test(name);
}

test('without systemd it is a control script, and in a container the program and its settings alone', async () => {
  await using folder = tempDir();
  const here = machine(folder, 'etc/init.d/');
  await here.install('monitoring-agent');
  assert.equal(modeOf(here.path('etc/init.d/leafward-monitoring-agent')), '0755');
  await using second = tempDir();
  const container = machine(second);
  const lines = await container.install('monitoring-agent', { ...given(second), init: 'none' });
  assert.ok(!everything(container.root).some((name) => name.includes('leafward-monitoring-agent')));
  assert.match(lines.at(-1) ?? '', /\/usr\/local\/bin\/leafward monitoring-agent --settings/);
});
