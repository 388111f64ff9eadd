import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog, type LogLevel } from '../../../src/runtime/log.ts';

function linesOf(format: 'text' | 'json', level: LogLevel, use: (log: ReturnType<typeof createLog>) => void): string[] {
  const lines: string[] = [];
  use(createLog({ level, format, write: (line) => lines.push(line) }));
  return lines;
}

test('text: time, level, message, then fields; values with spaces in quotes; always one line', () => {
  const [line = ''] = linesOf('text', 'info', (log) =>
    log.info('poll\nfailed', { host: 'a:1', why: 'no "route" to host', n: 3 }),
  );
  assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}poll failed host=a:1 why="no \\"route\\" to host" n=3$/);
});

test('json: one object with the fields', () => {
  const [line = ''] = linesOf('json', 'info', (log) => log.with({ agent: 'x' }).warn('late', { ms: 5 }));
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.equal(typeof time, 'string');
  assert.deepEqual(rest, { level: 'warn', message: 'late', agent: 'x', ms: 5 });
});

test('what is below the level is left out', () => {
  const write = (log: ReturnType<typeof createLog>): void => {
    for (const level of ['error', 'warn', 'info', 'debug'] as const) log[level](level);
  };
  assert.equal(linesOf('text', 'error', write).length, 1);
  assert.equal(linesOf('text', 'info', write).length, 3);
  assert.equal(linesOf('text', 'debug', write).length, 4);
});

test('the same line again and again is counted, and told before the program ends; lines that differ all pass', () => {
  const lines: string[] = [];
  const log = createLog({ level: 'info', format: 'text', write: (line) => lines.push(line) });
  for (let index = 0; index < 316; index++) {
    log.warn('no route', { host: 'a:1' });
    log.warn('no route', { host: 'b:1', index });
  }
  assert.equal(lines.filter((line) => line.includes('host=a:1')).length, 5);
  assert.equal(lines.filter((line) => line.includes('host=b:1')).length, 316);
  log.flush();
  assert.match(lines.at(-1) ?? '', /WARN {2}no route \(repeated 311 times\) host=a:1$/);
});

test('lines that could not be written are counted in the log itself', () => {
  const lines: string[] = [];
  let isFull = false;
  const log = createLog({ level: 'info', format: 'json', write: (line) => !isFull && lines.push(line) > 0 });
  log.info('one');
  isFull = true;
  for (let index = 0; index < 7; index++) log.info('gone', { index });
  isFull = false;
  log.info('two');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).map(({ message, lines: lost }) => [message, lost]),
    [
      ['one', undefined],
      ['two', undefined],
      ['lines of this log could not be written', 7],
    ],
  );
});

test('secrets are masked whatever the caller passes', () => {
  const uri = 'mongodb://admin:hunter2secret@db1:27017/';
  for (const format of ['text', 'json'] as const) {
    const [line = ''] = linesOf(format, 'info', (log) => log.info(`connecting to ${uri}`, { uri }));
    assert.doesNotMatch(line, /hunter2secret/);
  }
});

test('what others sent makes no second line and tells a terminal nothing', () => {
  const sent = 'db1\r\n2026-01-01T00:00:00.000Z ERROR forged\u001b[2J\u0007\u009b31m\u2028\u202e';
  const spaceless = 'a\u001b]0;title\u0007b\u2028c';
  for (const format of ['text', 'json'] as const) {
    const lines = linesOf(format, 'info', (log) => log.warn(`refused ${sent}`, { host: sent, name: spaceless }));
    assert.equal(lines.length, 1);
    assert.doesNotMatch(lines[0] ?? '', /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    if (format === 'json') assert.equal(JSON.parse(lines[0] ?? '').host, sent, 'a program reads what was sent');
  }
});
