import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tomorrowAtNine, untilChoices } from '../../../../../src/web/pages/alerts/acknowledge-until.ts';

test('tomorrow morning is nine of the zone on screen', () => {
  const late = Date.UTC(2026, 10, 21, 23, 50);
  assert.equal(tomorrowAtNine(late, 'utc'), Date.UTC(2026, 10, 22, 9));
  const local = new Date(tomorrowAtNine(late, 'local'));
  assert.deepEqual([local.getHours(), local.getMinutes()], [9, 0]);
  assert.equal(local.getDate(), new Date(late + 86_400_000).getDate());
});

test('until it closes comes first; the others name their moment', () => {
  const now = Date.UTC(2026, 10, 21, 22, 57);
  const [closed, hour, four, morning] = untilChoices(now, 'utc');
  assert.equal(closed?.untilMs, null);
  assert.deepEqual([hour?.untilMs, hour?.note], [now + 3_600_000, 'until 23:57']);
  assert.deepEqual([four?.untilMs, four?.note], [now + 4 * 3_600_000, 'until 02:57']);
  assert.deepEqual([morning?.untilMs, morning?.note], [Date.UTC(2026, 10, 22, 9), '09:00']);
});
