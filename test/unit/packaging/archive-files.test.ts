import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { backupAgentSettings } from '../../../src/cli/backup-agent-settings.ts';
import { monitoringAgentSettings } from '../../../src/cli/monitoring-agent-settings.ts';
import { environmentName, readSettings } from '../../../src/runtime/settings.ts';
import { agentFolder, serviceFiles, settingsFile } from '../../../src/server/downloads/agent-files.ts';
import { tempDir } from '../../support/temp-dir.ts';

const tables = { monitoring: monitoringAgentSettings, backup: backupAgentSettings };
const other = { monitoring: 'backup-agent', backup: 'monitoring-agent' };

for (const kind of ['monitoring', 'backup'] as const) {
  const files = await serviceFiles(kind);
  const read = (name: string): string => {
    const file = files.find((one) => one.name === name);
    assert.ok(file, name);
    return Buffer.from(file.body).toString();
  };
  const folder = agentFolder(kind);

  test(`${kind}: the init script is one that a shell can read, and refuses what it does not know`, async () => {
    await using dir = tempDir();
    const script = dir.file('init');
    writeFileSync(script, read(`${folder}.init`));
    execFileSync('sh', ['-n', script]);
    // Without the program in its place it says nothing and does nothing, as init scripts of removed packages must.
    assert.equal(execFileSync('sh', [script, 'start'], { encoding: 'utf8' }), '');
  });

  test(`${kind}: unit and init script set only settings that the agent has`, () => {
    const known = new Set(Object.keys(tables[kind]).map(environmentName));
    const text = read(`${folder}.service`) + read(`${folder}.init`);
    const named = [...text.matchAll(/\bLEAFWARD_[A-Z_]+/g)].map(([name]) => name);
    assert.ok(named.length >= 3);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  test(`${kind}: the unit starts this agent, nothing is left of the templates, and nothing speaks of the other agent`, () => {
    const agent = `${kind}-agent`;
    const start = `ExecStart=/opt/${folder}/leafward ${agent} --settings /opt/${folder}/${agent}.config`;
    assert.ok(read(`${folder}.service`).split('\n').includes(start));
    assert.match(read(`${folder}.service`), new RegExp(`^Description=Leafward ${kind} agent$`, 'm'));
    const keysOfUsers = new Set(['@SERVER_URL@', '@GROUP_ID@', '@API_KEY@']);
    for (const { name, body } of files) {
      const text = Buffer.from(body).toString();
      assert.ok(!text.includes(other[kind]), name);
      for (const [placeholder] of text.matchAll(/@[A-Z_]+@/g)) assert.ok(keysOfUsers.has(placeholder), placeholder);
    }
  });

  test(`${kind}: what the README tells to copy is in the archive`, () => {
    const readme = read('README');
    for (const name of [...files.map(({ name: file }) => file), `${kind}-agent.config`]) {
      if (name !== 'README') assert.ok(readme.includes(name), name);
    }
    assert.ok(readme.includes(`cd ${folder}\n  ./leafward ${kind}-agent --settings ${kind}-agent.config\n`));
  });

  test(`${kind}: the settings file is one that the agent reads, with its state beside it`, async () => {
    await using dir = tempDir();
    const values = { serverUrl: 'https://leafward.example.net', groupId: 'g_1', apiKey: 'lfw_1', stateDir: 'state' };
    const { name, mode, body } = settingsFile(kind, tables[kind], values);
    assert.equal(name, `${kind}-agent.config`);
    assert.equal(mode, 0o600);
    writeFileSync(dir.file(name), body, { mode });
    const settings = readSettings(tables[kind], { file: dir.file(name) });
    assert.equal(settings.apiKey, 'lfw_1');
    assert.equal(settings.stateDir, dir.file('state'));
  });
}

test('the limit of the spool stands in the settings of the backup agent, to be changed', () => {
  const { body } = settingsFile('backup', backupAgentSettings, {});
  assert.match(Buffer.from(body).toString(), /^maxSpoolBytes = 10GiB$/m);
});
