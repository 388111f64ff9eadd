import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backupAgentSettings } from '../../../src/cli/backup-agent-settings.ts';
import { settingsTemplate } from '../../../src/runtime/settings-template.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'packaging', 'settings', 'backup-agent.config');
const intro = [
  'Settings of the Leafward backup agent.',
  'Order: flag > environment (LEAFWARD_...) > this file > default. Secrets may be given as <name>File = path.',
];
const placeholders = { serverUrl: '@SERVER_URL@', groupId: '@GROUP_ID@', apiKey: '@API_KEY@' };

test('the settings file that ships explains every setting and leaves the three lines to be filled in', () => {
  const text = settingsTemplate(backupAgentSettings, placeholders, intro);
  if (process.env['UPDATE_GOLDEN'] === 'true') writeFileSync(path, text);
  assert.equal(readFileSync(path, 'utf8'), text, 'run this test with UPDATE_GOLDEN=true after a change of the table');
});
