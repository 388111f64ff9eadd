import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { test } from 'node:test';
import { createLog } from '../../../src/runtime/log.ts';
import { tellServiceManager } from '../../../src/runtime/service-manager.ts';
import { eventually } from '../../support/eventually.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

const windows = process.platform === 'win32' && 'systemd is of Linux';

interface Manager {
  readonly env: NodeJS.ProcessEnv;
  readonly lines: string[];
  told(): string[];
  start(alive: () => Promise<void>, againMs?: number): { readonly ended: Promise<void>; stop(): void };
}

/** A systemd-notify that writes down what it is asked to tell, and to whom. */
function manager(folder: TempDir, variables: Readonly<Record<string, string>>, script?: string): Manager {
  const told = folder.file('told');
  mkdirSync(folder.file('bin'));
  const text = script ?? `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>${told}\n`;
  if (script !== '') writeFileSync(folder.file('bin/systemd-notify'), text, { mode: 0o755 });
  const path = script === '' ? folder.file('bin') : `${folder.file('bin')}${delimiter}${process.env['PATH']}`;
  const env: NodeJS.ProcessEnv = { PATH: path, ...variables };
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'text', write: (line) => lines.push(line) });
  return {
    env,
    lines,
    told: () => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').slice(0, -1) : []),
    start(alive, againMs = 3000) {
      const stop = new AbortController();
      const ended = tellServiceManager({ log, alive, describe: () => '3 hosts', signal: stop.signal, env, againMs });
      return { ended, stop: () => stop.abort() };
    },
  };
}

const watched = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '300000' };

test('ready first, then alive again and again for as long as it is; the variables are gone for children', {
  skip: windows,
}, async () => {
  await using folder = tempDir();
  const systemd = manager(folder, { ...watched, WATCHDOG_PID: String(process.pid) });
  let stuck = false;
  const { ended, stop } = systemd.start(async () => {
    if (stuck) throw new Error('polling stands still');
  });
  assert.deepEqual(Object.keys(systemd.env), ['PATH']);
  await eventually(() => systemd.told().length >= 4, { what: 'three signs of life' });
  const [ready, ...alive] = systemd.told();
  assert.equal(ready, '/run/x --status=3 hosts --ready');
  for (const line of alive) assert.equal(line, '/run/x --status=3 hosts WATCHDOG=1');
  stuck = true;
  await eventually(() => systemd.lines.length >= 2, { what: 'two turns without progress' });
  const before = systemd.told().length;
  await eventually(() => systemd.lines.length >= 5, { what: 'more turns without progress' });
  assert.equal(systemd.told().length, before);
  assert.match(systemd.lines.at(-1) ?? '', /no progress.*polling stands still/);
  stop();
  await ended;
});

test('word of being ready that is lost is said again', { skip: windows }, async () => {
  await using folder = tempDir();
  const count = folder.file('count');
  const systemd = manager(
    folder,
    { NOTIFY_SOCKET: '/run/x' },
    `#!/bin/sh\necho x >>${count}\n[ $(wc -l <${count}) -ge 3 ]\n`,
  );
  await systemd.start(async () => {}, 1).ended;
  assert.equal(readFileSync(count, 'utf8').length / 2, 3);
});

test('without systemd-notify the log says what to change in the unit, once', { skip: windows }, async () => {
  await using folder = tempDir();
  const systemd = manager(folder, watched, '');
  await systemd.start(async () => {}).ended;
  assert.equal(systemd.lines.length, 1);
  assert.match(systemd.lines[0] ?? '', /systemd-notify is not there next="Take Type=exec/);
});

test('nothing is told where nobody waits for it, and no sign of life where the watchdog is of another process', {
  skip: windows,
}, async () => {
  await using none = tempDir();
  const quiet = manager(none, {});
  await quiet.start(async () => {}).ended;
  assert.deepEqual(quiet.told(), []);
  await using folder = tempDir();
  const other = manager(folder, { ...watched, WATCHDOG_PID: '1' });
  await other.start(async () => {}).ended;
  assert.equal(other.told().length, 1);
});
