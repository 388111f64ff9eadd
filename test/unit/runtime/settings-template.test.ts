import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readSettings } from '../../../src/runtime/settings.ts';
import { parseSettingsFile } from '../../../src/runtime/settings-file.ts';
import { settingsTemplate } from '../../../src/runtime/settings-template.ts';
import { fc } from '../../support/properties.ts';
import { tempDir } from '../../support/temp-dir.ts';

const table = {
  serverUrl: { kind: 'string', required: true, help: 'Where the server is.' },
  interval: { kind: 'duration', default: '10s', help: 'How often. '.repeat(30) },
  mode: { kind: 'choice', choices: ['a', 'b'], help: 'Which.' },
} as const;

test('a template explains every setting and sets only what it was given', async () => {
  await using folder = tempDir();
  const text = settingsTemplate(table, { serverUrl: 'https://a.example:1' }, ['Intro.', '', 'More.']);
  assert.match(text, /^# Intro\.\n#\n# More\.\n\n# Where the server is\.\nserverUrl = https:\/\/a\.example:1\n/);
  assert.match(text, /\n#interval = 10s\n/);
  assert.match(text, /# Allowed: a, b\.\n#mode =\n/);
  assert.ok(text.split('\n').every((line) => line.length <= 104));
  writeFileSync(folder.file('f'), text);
  const read = readSettings(table, { file: folder.file('f') });
  assert.deepEqual({ ...read }, { serverUrl: 'https://a.example:1', interval: 10_000 });
});

test('a secret that was given by the name of its file stays so', async () => {
  await using folder = tempDir();
  const secret = { password: { kind: 'string', secret: true, help: 'Password.' } } as const;
  writeFileSync(folder.file('p'), 'correct horse\n');
  const template = (values: Record<string, string>): string => settingsTemplate(secret, values, ['x']);
  writeFileSync(folder.file('f'), template({ passwordFile: 'p' }));
  assert.deepEqual({ ...readSettings(secret, { file: folder.file('f') }) }, { password: 'correct horse' });
  assert.match(template({ passwordFile: 'p', password: 'typed' }), /\npassword = typed\n$/);
});

test('the reader gives back any value of one line', () => {
  const value = fc.string({ minLength: 1 }).filter((text) => !/[\r\n\u2028\u2029]/.test(text) && text.trim() !== '');
  fc.assert(
    fc.property(value, (serverUrl) => {
      const [line] = parseSettingsFile(settingsTemplate(table, { serverUrl }, ['x']), 'f');
      assert.equal(line?.value, serverUrl);
    }),
  );
});
