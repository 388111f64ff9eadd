import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { AppError } from '../../../src/runtime/errors.ts';
import { readSettings, type SettingsTable } from '../../../src/runtime/settings.ts';
import { tempDir } from '../../support/temp-dir.ts';

const table = {
  serverUrl: { kind: 'url', required: true, help: 'Where the server is.' },
  apiKey: { kind: 'string', secret: true, help: 'The key.' },
  groupId: { kind: 'string', help: 'The group.' },
  maxOutboxBytes: { kind: 'bytes', default: '256MiB', help: 'Bound of the outbox.' },
  interval: { kind: 'duration', default: '10s', min: 1000, max: 300_000, help: 'Between two polls.' },
  insecure: { kind: 'boolean', default: 'false', help: 'A switch.' },
  level: { kind: 'choice', choices: ['info', 'debug'], default: 'info', help: 'A choice.' },
  hosts: { kind: 'list', default: '', help: 'A list.' },
} as const satisfies SettingsTable;

const url = { LEAFWARD_SERVER_URL: 'http://localhost:8080/' };

function refusal(work: () => unknown): AppError {
  try {
    work();
  } catch (thrown) {
    assert.ok(thrown instanceof AppError, String(thrown));
    return thrown;
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' });
}

test('defaults are parsed by kind: bytes and milliseconds are numbers', () => {
  const settings = readSettings(table, { env: url });
  assert.equal(settings.serverUrl, 'http://localhost:8080');
  assert.equal(settings.maxOutboxBytes, 256 * 2 ** 20);
  assert.equal(settings.interval, 10_000);
  assert.equal(settings.insecure, false);
  assert.deepEqual(settings.hosts, []);
  assert.equal(settings.apiKey, undefined);
});

test('a flag beats the environment, which beats the file, which beats the default', async () => {
  await using folder = tempDir();
  const file = folder.file('agent.config');
  writeFileSync(file, 'serverUrl = http://file\nlevel = debug\ninterval = 20s\ngroupId = from-file\n');
  const env = { LEAFWARD_SERVER_URL: 'http://env', LEAFWARD_INTERVAL: '30s' };
  const settings = readSettings(table, { file, env, flags: { serverUrl: 'http://flag' } });
  assert.equal(settings.serverUrl, 'http://flag');
  assert.equal(settings.interval, 30_000);
  assert.equal(settings.level, 'debug');
  assert.equal(settings.groupId, 'from-file');
});

const badFiles: readonly (readonly [string, RegExp])[] = [
  [
    'serverUrl = http://a\nservrUrl = x\n',
    /agent\.config line 2: there is no setting servrUrl; did you mean serverUrl\?/,
  ],
  ['serverUrl = http://a\nserverUrl = http://b\n', /line 2: serverUrl is set twice/],
  ['serverUrl http://a\n', /line 1: expected "key = value"/],
  ['serverUrl = ftp://a\n', /line 1: serverUrl = ftp:\/\/a: expected an address such as/],
  ['serverUrl = http://a\ninterval = 10\n', /line 2: interval = 10: expected a duration such as/],
  ['serverUrl = http://a\ninterval = 1ms\n', /from 1000 to 300000/],
  ['serverUrl = http://a\nmaxOutboxBytes = 5GB\n', /expected a size such as 512MiB/],
  ['serverUrl = http://a\nlevel = loud\n', /allowed are info, debug/],
  ['serverUrl = http://a\ninsecure = maybe\n', /allowed are true and false/],
];

for (const [text, message] of badFiles) {
  test(`the file ${JSON.stringify(text)} is refused with the line and what is allowed`, async () => {
    await using folder = tempDir();
    const file = folder.file('agent.config');
    writeFileSync(file, text);
    const error = refusal(() => readSettings(table, { file, env: {} }));
    assert.equal(error.code, 'SETTINGS_INVALID');
    assert.match(error.message, message);
  });
}

test('a missing required setting is named with the three ways to give it', () => {
  const error = refusal(() => readSettings(table, { env: {} }));
  assert.match(error.message, /serverUrl is not set/);
  assert.match(error.hint, /--server-url.*LEAFWARD_SERVER_URL/);
});

test('a secret comes from the file that <name>File names, without the newline at its end', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('key'), 'lfw_abc\n');
  const settings = readSettings(table, { env: url, flags: { apiKeyFile: folder.file('key') } });
  assert.equal(settings.apiKey, 'lfw_abc');
});

test('a secret with a wrong value is not repeated in the message', () => {
  const secretChoice = { pin: { kind: 'number', secret: true, help: 'x' } } as const satisfies SettingsTable;
  const error = refusal(() => readSettings(secretChoice, { flags: { pin: 'hunter2' } }));
  assert.doesNotMatch(error.message, /hunter2/);
});

test('quotes keep # and spaces, comments end unquoted values', async () => {
  await using folder = tempDir();
  const file = folder.file('agent.config');
  writeFileSync(file, '# head\n\nserverUrl = http://a # the server\ngroupId = "a # \\"b\\" "\n');
  const settings = readSettings(table, { file, env: {} });
  assert.equal(settings.serverUrl, 'http://a');
  assert.equal(settings.groupId, 'a # "b" ');
});

test('relative paths of a settings file start at the folder of the file', async () => {
  await using folder = tempDir();
  const file = folder.file('a.config');
  writeFileSync(folder.file('secret'), 'the secret\n');
  writeFileSync(file, 'here = ca.pem\nthere = /etc/ca.pem\npasswordFile = secret\n');
  const table = {
    here: { kind: 'path', help: '' },
    there: { kind: 'path', help: '' },
    password: { kind: 'string', secret: true, help: '' },
  } as const;
  const settings = readSettings(table, { file });
  assert.deepEqual({ ...settings }, { here: folder.file('ca.pem'), there: '/etc/ca.pem', password: 'the secret' });
});

test('files of the folder beside the settings file go before it, in the order of their names', async () => {
  await using folder = tempDir();
  const file = folder.file('agent.config');
  mkdirSync(folder.file('agent.d'));
  writeFileSync(file, 'serverUrl = @SERVER_URL@\napiKey = in-the-file\ninterval = 20s\nlevel = debug\n');
  writeFileSync(folder.file('agent.d/20-later.config'), 'interval = 40s\nserverUrl = http://later\n');
  writeFileSync(folder.file('agent.d/10-group.config'), 'interval = 30s\ngroupId = g\napiKeyFile = key\n');
  writeFileSync(folder.file('agent.d/notes.txt'), 'no settings\n');
  writeFileSync(folder.file('agent.d/key'), 'of-the-group\n');
  const settings = readSettings(table, { file, env: {} });
  assert.equal(settings.interval, 40_000);
  assert.equal(settings.serverUrl, 'http://later');
  assert.equal(settings.groupId, 'g');
  assert.equal(settings.level, 'debug');
  assert.equal(settings.apiKey, 'of-the-group', 'a key in a file of its own goes before the key of an earlier file');
  writeFileSync(folder.file('agent.d/30-wrong.config'), 'levl = debug\n');
  assert.match(refusal(() => readSettings(table, { file, env: {} })).message, /30-wrong\.config line 1: .* levl/);
});

test('a placeholder that is still there is named with its line, unless something goes before it', async () => {
  await using folder = tempDir();
  const file = folder.file('agent.config');
  writeFileSync(file, 'serverUrl = http://server\ngroupId = @GROUP_ID@\n');
  const error = refusal(() => readSettings(table, { file, env: {} }));
  assert.equal(error.code, 'SETTINGS_PLACEHOLDER');
  assert.match(error.message, /agent\.config line 2: groupId is still @GROUP_ID@/);
  assert.equal(readSettings(table, { file, env: { LEAFWARD_GROUP_ID: 'g' } }).groupId, 'g');
});
