import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';

const module = new URL('../../../src/runtime/stop-with-input.ts', import.meta.url).href;
const script = `
  import { stopWithInput } from ${JSON.stringify(module)};
  const life = setTimeout(() => console.log('ended by itself'), Number(process.argv[1]));
  stopWithInput((reason) => { clearTimeout(life); console.log(reason); });
`;

async function run(lifeMs: number, wanted: string): Promise<string> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, String(lifeMs)], {
    env: { ...process.env, LEAFWARD_STOP_WITH_STDIN: wanted },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (lifeMs > 1000) child.stdin.end();
  const [said] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return said.trim();
}

test('the program ends when its standard input closes, if that was asked for', async () => {
  assert.equal(await run(60_000, 'true'), 'standard input was closed');
});

test('an input that stays open keeps nothing alive', async () => {
  assert.equal(await run(10, 'true'), 'ended by itself');
});

test('otherwise a closed input means nothing', async () => {
  assert.equal(await run(1001, ''), 'ended by itself');
});
