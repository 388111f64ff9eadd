import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampText } from '../../../../src/model/optime.ts';
import { hasCaptured } from '../../../../src/server/backup/until-captured.ts';
import type { BackupReportRequest } from '../../../../src/wire/backup-messages.ts';

const asked = 1_800_000_000_000;
const at = (seconds: number, ordinal = 1) => ({ ts: (BigInt(seconds) << 32n) | BigInt(ordinal), term: 1 });
const until = (seconds: number, ordinal = 1) => ({ from: at(1), until: at(seconds, ordinal) });
const seconds = asked / 1000;

function seen(caughtUpAtMs: number | null, readLast: ReturnType<typeof at> | null, skewMs = 0) {
  const last = readLast === null ? null : { ts: timestampText(readLast.ts), term: readLast.term };
  const task: Partial<BackupReportRequest['tasks'][number]> = { caughtUpAtMs, readLast: last };
  return { task: task as BackupReportRequest['tasks'][number], skewMs };
}

test('what was read before it was asked for says nothing of the last writes', () => {
  assert.equal(hasCaptured(until(seconds - 1), seen(asked - 1, at(seconds - 1)), asked), false);
  assert.equal(hasCaptured(until(seconds - 1), seen(null, null), asked), false);
});

test('a member that has just nothing new may not know yet what is on a majority', () => {
  assert.equal(hasCaptured(until(seconds - 1), seen(asked + 1000, at(seconds - 1)), asked), false);
});

test('an agent that saw all later is enough when all that it read is stored', () => {
  assert.equal(hasCaptured(until(seconds - 1, 7), seen(asked + 3001, at(seconds - 1, 7)), asked), true);
  assert.equal(hasCaptured(until(seconds - 1, 6), seen(asked + 3001, at(seconds - 1, 7)), asked), false);
});

test('the clock of the agent is set right by what it is off', () => {
  assert.equal(hasCaptured(until(seconds - 1), seen(asked + 5000, at(seconds - 1), -6000), asked), false);
  assert.equal(hasCaptured(until(seconds - 1), seen(asked - 5000, at(seconds - 1), 9000), asked), true);
});

test('a source that is never idle has been followed far enough a second later', () => {
  assert.equal(hasCaptured(until(seconds), seen(null, null), asked), false);
  assert.equal(hasCaptured(until(seconds + 1), seen(null, null), asked), true);
});
