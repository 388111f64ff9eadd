import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';

// A named pipe holds the program where it reads its first secret: nothing of it runs before the test writes there.
const agents = ['monitoring-agent', 'backup-agent'];
/** Nobody listens there: an agent runs all the same, and asks again. */
const nowhere = 'http://127.0.0.1:9';

for (const agent of agents) {
  test(`${agent}: SIGHUP while it reads its settings reads them again once it runs`, async () => {
    await using folder = tempDir();
    const file = folder.file('agent.config');
    const pipe = folder.file('key');
    execFileSync('mkfifo', [pipe]);
    writeFileSync(file, settingsOf(folder.file('state'), pipe));
    await using app = startApp([agent, '--settings', file]);
    const first = await writerOf(pipe);
    app.signal('SIGHUP');
    // What it reads the next time is a file.
    rmSync(pipe);
    writeFileSync(pipe, 'lfw_second\n');
    answer(first, 'lfw_first');
    await app.line(/settings were read again changed=apiKey/);
    assert.match(app.stdout(), /agent runs/);
    assert.equal(await app.stop(), 0);
  });

  test(`${agent}: SIGTERM while it reads its settings is a clean end`, async () => {
    await using folder = tempDir();
    const pidFile = folder.file('agent.pid');
    const file = folder.file('agent.config');
    const pipe = folder.file('key');
    execFileSync('mkfifo', [pipe]);
    writeFileSync(file, `${settingsOf(folder.file('state'), pipe)}pidFile = ${pidFile}\n`);
    await using app = startApp([agent, '--settings', file]);
    const writer = await writerOf(pipe);
    app.signal('SIGTERM');
    answer(writer, 'lfw_first');
    assert.equal(await app.ended(), 0);
    assert.equal(existsSync(pidFile), false);
  });
}

test('server: SIGHUP while it starts reads the settings again once it is ready, SIGTERM waits until it can close', async () => {
  await using folder = tempDir();
  const file = folder.file('server.config');
  const [asked, go] = [folder.file('asked'), folder.file('go')];
  const key = '00'.repeat(32);
  const command = `touch ${asked}; until [ -e ${go} ]; do sleep 0.02; done; echo ${key}`;
  const write = (url: string): void =>
    writeFileSync(
      file,
      `dataDir = ${folder.file('data')}\nlisten = 127.0.0.1:0\npublicUrl = ${url}\nmasterKeyCommand = ${command}\n`,
    );
  write('http://one.example.net:8080');
  {
    await using server = startApp(['server', '--settings', file]);
    await eventually(() => existsSync(asked), { what: 'the server asks for its key' });
    write('http://two.example.net:8080');
    server.signal('SIGHUP');
    writeFileSync(go, '');
    await server.line(/settings, certificate and log were read again/);
    assert.match(server.stdout(), /ready url=/);
    assert.equal(await server.stop(), 0);
  }
  for (const path of [asked, go]) rmSync(path);
  await using server = startApp(['server', '--settings', file]);
  await eventually(() => existsSync(asked), { what: 'the server asks for its key' });
  server.signal('SIGTERM');
  await server.line(/stopping reason=SIGTERM/);
  writeFileSync(go, '');
  assert.equal(await server.ended(), 0);
  assert.doesNotMatch(server.stdout() + server.stderr(), /ready url=|ERROR/);
});

function settingsOf(stateDir: string, pipe: string): string {
  return `serverUrl = ${nowhere}\ngroupId = g_1\napiKeyFile = ${pipe}\nstateDir = ${stateDir}\n`;
}

/** As soon as somebody reads there. */
async function writerOf(pipe: string): Promise<number> {
  return eventually(
    () => {
      try {
        return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
      } catch {
        return undefined;
      }
    },
    { what: 'the program reads its key', everyMs: 5, timeoutMs: 240_000 },
  );
}

function answer(writer: number, key: string): void {
  writeSync(writer, `${key}\n`);
  closeSync(writer);
}
