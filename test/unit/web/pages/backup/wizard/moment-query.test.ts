import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inputTime, typedTime } from '../../../../../../src/web/pages/backup/typed-time.ts';
import { momentQuery, readMoment } from '../../../../../../src/web/pages/backup/wizard/moment-query.ts';

test('an address says the moment that it was made of', () => {
  const atMs = Date.UTC(2026, 10, 21, 10, 0, 5);
  for (const moment of [{ atMs }, { snapshotId: 's/1' }]) {
    assert.deepEqual(readMoment(new URLSearchParams(momentQuery(moment))), moment);
  }
  assert.equal(momentQuery({ atMs }), 'at=2026-11-21T10:00:05Z');
  assert.equal(readMoment(new URLSearchParams('at=soon')), null);
  assert.equal(readMoment(new URLSearchParams('')), null);
});

test('a typed time means the zone that the field names', () => {
  const atMs = Date.UTC(2026, 10, 21, 10, 0, 5);
  assert.equal(inputTime(atMs, 'utc'), '2026-11-21T10:00:05');
  for (const zone of ['utc', 'local'] as const) assert.equal(typedTime(inputTime(atMs, zone), zone), atMs);
  assert.equal(typedTime('', 'utc'), null);
});
