import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placesOf } from '../../../../../src/web/pages/alerts/alert-places.ts';
import { type AlertFilter, rowsOf, shownAlerts } from '../../../../../src/web/pages/alerts/alert-rows.ts';
import * as fixture from '../../../../pages/alert-fixture-data.ts';
import { hosts } from '../../../../pages/pages-fixture-data.ts';

const places = placesOf(hosts());
const all: AlertFilter = { state: 'open', text: '', severity: '', set: '', tag: '' };
const ids = (filter: Partial<AlertFilter>) =>
  shownAlerts(fixture.alerts(), { ...all, ...filter }, places).map(({ id }) => id);

test('alerts are found by words of any kind, severity, set and tag', () => {
  assert.deepEqual(ids({}), ['a1', 'a3', 'a4', 'a5']);
  assert.deepEqual(ids({ state: 'closed' }), ['a9']);
  assert.deepEqual(ids({ severity: 'bad' }), ['a3', 'a5']);
  assert.deepEqual(ids({ set: 'checkout' }), ['a1', 'a4']);
  assert.deepEqual(ids({ tag: 'production' }), ['a1']);
  assert.deepEqual(ids({ state: 'acknowledged', tag: 'production', set: 'checkout' }), ['a2']);
  assert.deepEqual(ids({ text: 'LAG primary' }), ['a1']);
  assert.deepEqual(ids({ text: 'lag nowhere' }), []);
});

test('open alerts stand under their set, the worst set first; closed ones by their end', () => {
  const rows = rowsOf(shownAlerts(fixture.alerts(), all, places), places, 'open');
  const words = rows.map((row) =>
    row.kind === 'head' ? `${row.name} ${row.severity} ${row.ids.length}` : row.alert.id,
  );
  assert.deepEqual(words, ['Single processes bad 1', 'a3', 'Agents bad 1', 'a5', 'checkout warn 2', 'a1', 'a4']);
  const [first] = fixture.alerts();
  assert.ok(first !== undefined);
  const closed = [1, 3, 2].map((at) => ({ ...first, id: `c${at}`, state: 'closed' as const, closedAtMs: at }));
  assert.deepEqual(
    rowsOf(closed, places, 'closed').map(({ key }) => key),
    ['c3', 'c2', 'c1'],
  );
});
