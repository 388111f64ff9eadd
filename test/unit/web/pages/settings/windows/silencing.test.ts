import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silencing } from '../../../../../../src/web/pages/settings/windows/silencing.ts';
import { windows } from '../../../../../pages/alert-fixture-data.ts';

test('what silences a host: a window of it, of its set, of a tag or of the whole group, the one that ends last', () => {
  const [ofSet] = windows();
  assert.ok(ofSet !== undefined);
  const all = { hosts: [], sets: [], tags: [] };
  const window = (id: string, target: Partial<typeof ofSet.target>, toMs: number, more = {}) => ({
    ...ofSet,
    id,
    target: { ...all, ...target },
    toMs,
    ...more,
  });
  const list = [
    window('host', { hosts: ['h1'] }, 1),
    window('set', { sets: ['checkout'] }, 2),
    window('tag', { tags: ['prod'] }, 3),
    window('off', {}, 9, { active: false }),
  ];
  const found = (subject: Parameters<typeof silencing>[1]) => silencing(list, subject)?.id ?? null;
  assert.equal(found({ hostId: 'h1' }), 'host');
  assert.equal(found({ hostId: 'h1', sets: ['rs-1', 'checkout'] }), 'set');
  assert.equal(found({ hostId: 'h1', sets: ['checkout'], tags: ['prod'] }), 'tag');
  assert.equal(found({ hostId: 'h2', sets: [null], tags: ['dev'] }), null);
  assert.equal(silencing([window('group', {}, 4)], { hostId: 'h2' })?.id, 'group');
});
