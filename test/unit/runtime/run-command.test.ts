import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWords, printedBy } from '../../../src/runtime/run-command.ts';

const limits = { timeoutMs: 90_000, maxBytes: 4000 };
const node = process.execPath;

test('a command is split at blanks and nothing in it means anything to a shell', async () => {
  assert.deepEqual(commandWords('x', `  /bin/vault get -field=password 'a b' --x="c d"e `), [
    '/bin/vault',
    'get',
    '-field=password',
    'a b',
    '--x=c de',
  ]);
  assert.deepEqual(commandWords('x', '"C:\\Program Files\\v.exe" $HOME | x'), [
    'C:\\Program Files\\v.exe',
    '$HOME',
    '|',
    'x',
  ]);
  for (const wrong of ['', '   ', '""', `a 'b`])
    assert.throws(() => commandWords('x', wrong), { code: 'SETTINGS_INVALID' });
  const printed = await printedBy('x', [node, '-e', 'console.log(process.argv[1])', '$HOME; `id`'], limits);
  assert.equal(printed, '$HOME; `id`');
});

test('the end of the line is taken off, blanks stay', async () => {
  assert.equal(await printedBy('x', [node, '-e', `process.stdout.write(' a b \\r\\n')`], limits), ' a b ');
});

test('what fails, hangs, prints nothing, several lines or too much is refused, and its words are not repeated', async () => {
  const refused = async (code: string, said: RegExp, changes: Partial<typeof limits> = {}): Promise<void> => {
    await assert.rejects(
      printedBy('passwordCommand', [node, '-e', code], { ...limits, ...changes }),
      (thrown: Error) => {
        assert.match(thrown.message, said);
        assert.match(thrown.message, /^passwordCommand: /);
        assert.ok(!thrown.message.includes('geheim'));
        return true;
      },
    );
  };
  await refused(`console.log('geheim'); console.error('geheim'); process.exitCode = 3`, /ended with 3$/);
  await refused('', /prints nothing/);
  await refused(`console.log('geheim\\ngeheim')`, /more than one line/);
  await refused(`setInterval(() => console.log('geheim'.repeat(999)), 1)`, /more than 4000 bytes/);
  await refused(`setInterval(() => {}, 1000)`, /did not end within 0.3 s/, { timeoutMs: 300 });
  await assert.rejects(printedBy('x', ['/no/such/program'], limits), /no\/such\/program cannot be started/);
});
