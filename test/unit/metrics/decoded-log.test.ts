import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodedLog } from '../../../src/metrics/decoded-log.ts';
import { encodeFrames } from '../../../src/metrics/frame-log.ts';
import type { LogRow } from '../../../src/metrics/ports.ts';

function entry(seq: number, first: number, width = 3): LogRow {
  const values = [Float64Array.from({ length: width }, (_, i) => first + i)];
  const body = encodeFrames({ times: [1000], values });
  return { seq, streamId: 1, schemaId: 1, firstMs: 1000, lastMs: 1000, frames: 1, fill: false, body };
}

test('an entry that is asked for again is not decoded again', () => {
  const log = new DecodedLog();
  assert.equal(log.frames(entry(1, 5)), log.frames(entry(1, 5)));
});

test('another entry under a number that was used before is decoded', () => {
  const log = new DecodedLog();
  log.frames(entry(1, 5));
  assert.deepEqual(log.frames(entry(1, 70)).values, [Float64Array.of(70, 71, 72)]);
});

test('the entries used longest ago go when there are too many', () => {
  const log = new DecodedLog();
  const width = 20_000;
  const first = log.frames(entry(0, 0, width));
  const second = log.frames(entry(1, 1, width));
  // 209 entries of 160,000 bytes fill 32 MiB.
  for (let seq = 2; seq < 230; seq++) {
    log.frames(entry(seq, seq, width));
    assert.equal(log.frames(entry(0, 0, width)), first);
  }
  assert.notEqual(log.frames(entry(1, 1, width)), second);
});

test('a damaged entry is an error each time', () => {
  const log = new DecodedLog();
  const damaged = { ...entry(1, 5), body: Uint8Array.of(1, 2, 3) };
  for (const _ of [1, 2]) assert.throws(() => log.frames(damaged), { code: 'STORE_CORRUPT' });
});
