import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuestion } from '../../../../../../src/web/pages/backup/explore/question.ts';

const asked = (values: Record<string, string>) => parseQuestion(new URLSearchParams({ ns: 'shop.orders', ...values }));

test('a filter, a plain _id, an _id of a type, or nothing', () => {
  assert.deepEqual(asked({ find: '{"status": "paid"}' }).filter, { status: 'paid' });
  assert.deepEqual(asked({ find: '{"$or": [{"a": 1}]}' }).filter, { $or: [{ a: 1 }] });
  assert.deepEqual(asked({ find: '42' }).filter, { _id: 42 });
  assert.deepEqual(asked({ find: '{"$oid": "65a1b2c3d4e5f6071829a0b0"}' }).filter, {
    _id: { $oid: '65a1b2c3d4e5f6071829a0b0' },
  });
  assert.deepEqual(asked({}).filter, {});
});

test('what cannot be understood is named, and how it is written', () => {
  assert.match(asked({ find: '{status: "paid"}' }).problem ?? '', /double quotes/);
  assert.match(asked({ sort: 'at' }).problem ?? '', /-1/);
  assert.match(asked({ sort: '{"at": 2}' }).problem ?? '', /-1/);
  assert.equal(asked({ find: '{}', sort: '{"at": -1}' }).problem, null);
});

test('a limit outside of what the server takes is the usual one', () => {
  assert.equal(asked({ limit: '100' }).limit, 100);
  for (const limit of ['0', '1001', 'many', '']) assert.equal(asked({ limit }).limit, 20);
});
