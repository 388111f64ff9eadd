import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventNotes } from '../../../src/monitor/event-notes.ts';

test('that a host is away is said in one sentence that names it and the reason', () => {
  const up = { hostId: 'h', atMs: 1, sinceMs: 1, reachable: true };
  const words = (message?: string): string => {
    const notes = new EventNotes();
    const problem = message === undefined ? {} : { problem: { code: 'MONGODB_UNREACHABLE', message, hint: '' } };
    notes.compare('db1:27017', up, { ...up, atMs: 2, reachable: false, ...problem });
    return notes.waiting()[0]?.message ?? '';
  };
  const whole = ['db1:27017 answers with an error: interrupted', 'cannot reach db1:27017: nothing listens there'];
  for (const message of whole) assert.equal(words(message), message);
  assert.equal(words('no such setting'), 'db1:27017: no such setting');
  assert.equal(words(), 'db1:27017 does not answer');
});
