import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { serverSettings } from '../../../src/cli/server-settings.ts';
import { readSettings } from '../../../src/runtime/settings.ts';
import { settingsTemplate } from '../../../src/runtime/settings-template.ts';

const path = join(import.meta.dirname, '..', '..', '..', 'packaging', 'settings', 'server.config');
const intro = [
  'Settings of the Leafward server.',
  'A flag (--data-dir) or an environment variable (LEAFWARD_DATA_DIR) goes before what stands here.',
];

test('the settings file that ships explains every setting, and reads back as the defaults', () => {
  const text = settingsTemplate(serverSettings, {}, intro);
  if (process.env['UPDATE_GOLDEN'] === 'true') writeFileSync(path, text);
  assert.equal(readFileSync(path, 'utf8'), text, 'run this test with UPDATE_GOLDEN=true after a change of the table');
  assert.deepEqual(readSettings(serverSettings, { file: path }), readSettings(serverSettings, {}));
});
