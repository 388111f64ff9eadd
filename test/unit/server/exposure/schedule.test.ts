import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followMs, nextLook, nextRegular, retryMs } from '../../../../src/server/exposure/schedule.ts';
import { fc } from '../../../support/properties.ts';

const dayMs = 86_400_000;
const moments = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2032, 0, 1) });

test('the regular looks are on days 1 and 15, at a minute of the day that is the group its own', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), moments, (groupId, nowMs) => {
      const next = nextRegular(groupId, nowMs);
      const date = new Date(next);
      assert.ok(next > nowMs && next - nowMs <= 17 * dayMs);
      assert.ok([1, 15].includes(date.getUTCDate()));
      assert.equal(next % 60_000, 0);
      assert.equal(nextRegular(groupId, next - 1), next, 'asked again it is the same moment');
      assert.equal(nextRegular(groupId, next) % dayMs, next % dayMs);
    }),
  );
});

test('groups are spread over the day', () => {
  const hours = new Set(Array.from({ length: 200 }, (_, n) => new Date(nextRegular(`g_${n}`, 0)).getUTCHours()));
  assert.ok(hours.size > 20, `${hours.size} hours`);
});

test('a host at whose port somebody answers is looked at every five minutes, a closed one on the regular days', () => {
  const nowMs = Date.UTC(2026, 10, 21, 12);
  for (const finding of ['otherService', 'mongodb', 'open'] as const) {
    assert.equal(nextLook('g', finding, nowMs), nowMs + followMs);
  }
  assert.equal(nextLook('g', 'closed', nowMs), nextRegular('g', nowMs));
  assert.equal(nextLook('g', 'private', nowMs), nextRegular('g', nowMs));
  assert.equal(nextLook('g', null, nowMs), nowMs + retryMs, 'what could not be told is asked again sooner');
});
