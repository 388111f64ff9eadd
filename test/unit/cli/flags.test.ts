import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandSpec } from '../../../src/cli/commands.ts';
import { parseCommandLine } from '../../../src/cli/flags.ts';
import type { SettingsTable } from '../../../src/runtime/settings.ts';

const spec: CommandSpec = {
  name: 'agent',
  summary: 'an agent',
  args: '[uri]',
  longRunning: true,
  flags: [
    { name: 'settings', value: 'file', help: 'x' },
    { name: 'json', help: 'x' },
    { name: 'id', value: 'json', help: 'x', many: true },
  ],
  load: async () => async () => {},
};
const table: SettingsTable = {
  groupId: { kind: 'string', help: 'x' },
  dataDir: { kind: 'path', help: 'x' },
  apiKey: { kind: 'string', secret: true, help: 'x' },
  insecureHttp: { kind: 'boolean', default: 'false', help: 'x' },
};

const parse = (...words: string[]) => parseCommandLine(spec, table, words);

test('flags arrive by the names of the settings, switches as true, arguments apart', () => {
  const { flags, args } = parse('--data-dir', '/d', '--insecure-http', '--json', 'mongodb://a');
  assert.deepEqual(flags, { dataDir: '/d', insecureHttp: true, json: true });
  assert.deepEqual(args, ['mongodb://a']);
});

test('what looks like a number stays the text that was typed', () => {
  assert.deepEqual(parse('--group-id', '12e5').flags, { groupId: '12e5' });
  assert.deepEqual(parse('--group-id=007').flags, { groupId: '007' });
});

test('a flag that may be given again is a list of what was typed, another one is refused', () => {
  assert.deepEqual(parse('--id', '1e5', '--json', '--id=-7', '--id', '{"a":1}').flags, {
    id: ['1e5', '-7', '{"a":1}'],
    json: true,
  });
  assert.deepEqual(parse('--id', '5').flags, { id: ['5'] });
  assert.throws(() => parse('--group-id', 'a', '--group-id', 'b'), { code: 'USAGE', message: /more than once/ });
});

test('an unknown flag is refused with the nearest one', () => {
  assert.throws(() => parse('--data-dri', '/d'), {
    code: 'USAGE',
    message: /no flag --data-dri/,
    hint: /Did you mean --data-dir\?/,
  });
});

test('a secret is no flag, its file is', () => {
  assert.throws(() => parse('--api-key', 'k'), { code: 'USAGE', hint: /--api-key-file/ });
  assert.deepEqual(parse('--api-key-file', '/k').flags, { apiKeyFile: '/k' });
});

test('a flag without its value, one given twice, and too many arguments are refused', () => {
  assert.throws(() => parse('--data-dir'), { code: 'USAGE' });
  assert.throws(() => parse('--data-dir', 'a', '--data-dir', 'b'), { code: 'USAGE' });
  assert.throws(() => parse('a', 'b'), { code: 'USAGE' });
});
