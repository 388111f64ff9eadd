import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { startApp } from '../../support/app.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('SIGHUP names the settings that changed; settings that are wrong or cannot be used leave the old ones in force', async () => {
  await using folder = tempDir('agent-reload');
  const file = folder.file('agent.config');
  const write = (...lines: string[]) =>
    writeFileSync(file, ['serverUrl = http://127.0.0.1:9', 'groupId = g_1', ...lines, ''].join('\n'));
  const [state, key] = [`stateDir = ${folder.file('state')}`, 'apiKey = lfw_first_secret'];
  write(state, key);
  await using agent = startApp(['monitoring-agent', '--settings', file]);
  await agent.line(/monitoring agent runs/);

  write(state, 'apiKey = lfw_second_secret', 'logFormat = json');
  agent.signal('SIGHUP');
  await agent.line(/settings were read again","changed":"apiKey, logFormat"/);

  write(state, key, 'mongodbTsl = true');
  agent.signal('SIGHUP');
  await agent.line(/the settings are not valid, the old ones stay.*did you mean mongodbTls/);

  writeFileSync(folder.file('no-folder'), '');
  write(`stateDir = ${folder.file('no-folder')}`, key);
  agent.signal('SIGHUP');
  await agent.line(/the new settings cannot be used, the old ones stay.*state directory/);
  assert.doesNotMatch(agent.stdout() + agent.stderr(), /_secret/);
  assert.equal(await agent.stop(), 0);
});
