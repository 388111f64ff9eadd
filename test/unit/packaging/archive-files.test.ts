import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { backupAgentSettings } from '../../../src/cli/backup-agent-settings.ts';
import { monitoringAgentSettings } from '../../../src/cli/monitoring-agent-settings.ts';
import { environmentName, readSettings } from '../../../src/runtime/settings.ts';
import { commonFiles } from '../../../src/server/downloads/agent-files.ts';
import type { SmallFile } from '../../../src/server/downloads/archive-entry.ts';
import { agentsOf, archiveFolder } from '../../../src/server/downloads/download-kind.ts';
import type { Programs } from '../../../src/server/downloads/program-source.ts';
import { settingsFiles } from '../../../src/server/downloads/settings-files.ts';
import { allTargets, osOf, targetName } from '../../../src/server/downloads/target.ts';
import { type DownloadTarget, downloadKind } from '../../../src/wire/api/downloads.ts';
import { programName } from '../../../src/wire/artifact.ts';
import { tempDir } from '../../support/temp-dir.ts';

const tables = { monitoring: monitoringAgentSettings, backup: backupAgentSettings };
const other = { monitoring: 'backup-agent', backup: 'monitoring-agent' };
const settings = { serverUrl: 'https://leafward.example.net', groupId: 'g_1', apiKey: 'lfw_1' };
const keysOfUsers = new Set(['@SERVER_URL@', '@GROUP_ID@', '@API_KEY@']);

function programsFor(target: DownloadTarget): Programs {
  const file = { path: 'nowhere', offset: 0, deflatedBytes: 1, sizeBytes: 1, crc32: 0 };
  const names = osOf(target) === 'win' ? ['leafward.exe', 'leafward-service.exe'] : [programName(osOf(target))];
  return { target, modifiedMs: 0, programs: names.map((name) => ({ name, file })) };
}

function text(files: readonly SmallFile[], name: string): string {
  const file = files.find((one) => one.name === name);
  assert.ok(file, name);
  return Buffer.from(file.body).toString();
}

for (const kind of ['monitoring', 'backup'] as const) {
  const files = await commonFiles(kind, programsFor('linux-x64'));
  const name = `leafward-${kind}-agent`;

  test(`${kind}: the init script is one that a shell can read, and refuses what it does not know`, async () => {
    await using dir = tempDir();
    const script = dir.file('init');
    writeFileSync(script, text(files, `${name}.init`));
    execFileSync('sh', ['-n', script]);
    // Without the program in its place it says nothing and does nothing, as init scripts of removed packages must.
    assert.equal(execFileSync('sh', [script, 'start'], { encoding: 'utf8' }), '');
  });

  test(`${kind}: unit and init script set only settings that the agent has`, () => {
    const known = new Set(Object.keys(tables[kind]).map(environmentName));
    const both = text(files, `${name}.service`) + text(files, `${name}.init`);
    const named = [...both.matchAll(/\bLEAFWARD_[A-Z_]+/g)].map(([variable]) => variable);
    assert.ok(named.length >= 3);
    assert.deepEqual(
      named.filter((variable) => !known.has(variable)),
      [],
    );
  });

  test(`${kind}: the unit starts this agent where the README puts it`, () => {
    const start = `ExecStart=/usr/local/bin/leafward ${kind}-agent --settings /etc/leafward/${kind}-agent.config`;
    assert.ok(text(files, `${name}.service`).split('\n').includes(start));
    assert.match(text(files, `${name}.service`), new RegExp(`^Description=Leafward ${kind} agent$`, 'm'));
    const readme = text(files, 'README');
    assert.ok(readme.includes('install -m 0755 leafward /usr/local/bin/leafward\n'));
    assert.ok(readme.includes(`install -m 0640 -g leafward ${kind}-agent.config /etc/leafward/\n`));
  });

  test(`${kind}: the settings file is one that the agent reads, with its state beside it`, async () => {
    await using dir = tempDir();
    const [made, ...more] = settingsFiles({ kind, settings, tables, serverCa: undefined });
    assert.deepEqual([made?.name, made?.mode, more], [`${kind}-agent.config`, 0o600, []]);
    writeFileSync(dir.file('file'), made?.body ?? '');
    const read = readSettings(tables[kind], { file: dir.file('file') });
    assert.equal(read.apiKey, 'lfw_1');
    assert.equal(read.stateDir, dir.file('state'));
  });
}

for (const kind of downloadKind.options) {
  for (const target of allTargets) {
    const programs = programsFor(target);
    const files = await commonFiles(kind, programs);
    const readmeName = osOf(target) === 'win' ? 'README.txt' : 'README';
    const agents = agentsOf[kind].map((agent) => `${agent}-agent`);

    test(`${kind}, ${target}: the README is for these agents on this platform, and names every file`, () => {
      const readme = text(files, readmeName);
      const [title, rule] = readme.split(/\r?\n/);
      assert.ok(title?.endsWith(` for ${targetName(target)}`));
      assert.equal(rule, '='.repeat(title?.length ?? 0));
      assert.doesNotMatch(readme, /(\r?\n){3}/);
      if (osOf(target) !== 'linux') assert.doesNotMatch(readme, /systemd|on Linux/);
      const settingsNames = agents.map((agent) => `${agent}.config`);
      const names = [...programs.programs, ...files].map((file) => file.name);
      for (const name of [...names, ...settingsNames]) if (name !== readmeName) assert.ok(readme.includes(name), name);
      const run = osOf(target) === 'win' ? String.raw`.\leafward.exe` : './leafward';
      assert.ok(readme.includes(`  cd ${archiveFolder(kind)}`));
      for (const agent of agents) assert.ok(readme.includes(`  ${run} ${agent} --settings ${agent}.config`), agent);
      assert.equal(readme.includes('xattr -dr com.apple.quarantine'), osOf(target) === 'darwin');
      assert.equal(readme.includes('Unblock-File'), osOf(target) === 'win');
    });

    test(`${kind}, ${target}: nothing is left of the templates, nothing speaks of an agent that is not there`, () => {
      for (const { name, body } of files) {
        const content = Buffer.from(body).toString();
        if (kind !== 'both') assert.ok(!content.includes(other[kind]), name);
        for (const [placeholder] of content.matchAll(/@[A-Z_]+@/g))
          assert.ok(keysOfUsers.has(placeholder), placeholder);
      }
    });
  }
}

test('both agents in one folder have states of their own, and service files each', async () => {
  await using dir = tempDir();
  const states = settingsFiles({ kind: 'both', settings, tables, serverCa: 'PEM' }).map(({ name, body }) => {
    writeFileSync(dir.file(name), body);
    const read = readSettings(name.startsWith('backup') ? backupAgentSettings : monitoringAgentSettings, {
      file: dir.file(name),
    });
    assert.equal(read.serverCaFile, dir.file('server-ca.pem'));
    return read.stateDir;
  });
  assert.deepEqual(states, [dir.file('state/monitoring-agent'), dir.file('state/backup-agent')]);
  const names = (await commonFiles('both', programsFor('linux-arm64'))).map(({ name }) => name);
  for (const agent of ['monitoring-agent', 'backup-agent']) {
    for (const ending of ['service', 'init', 'logrotate']) assert.ok(names.includes(`leafward-${agent}.${ending}`));
  }
  const onMac = (await commonFiles('both', programsFor('darwin-arm64'))).map(({ name }) => name);
  assert.ok(onMac.includes('leafward-backup-agent.plist') && !onMac.some((name) => name.endsWith('.service')));
});

test('the limit of the spool stands in the settings of the backup agent, to be changed', () => {
  const [file] = settingsFiles({ kind: 'backup', settings, tables, serverCa: undefined });
  assert.match(Buffer.from(file?.body ?? '').toString(), /^maxSpoolBytes = 10GiB$/m);
});
