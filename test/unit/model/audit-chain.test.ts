import assert from 'node:assert/strict';
import test from 'node:test';
import { auditHash, canonicalJson } from '../../../src/model/audit-chain.ts';
import { fc } from '../../support/properties.ts';

test('canonical JSON is that of RFC 8785, section 3.2.2 and 3.2.3', () => {
  const value = {
    numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
    string: "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\u0022/",
    literals: [null, true, false],
  };
  assert.equal(
    canonicalJson(value),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
  const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
  assert.deepEqual(
    [...canonicalJson(names).matchAll(/:(\d)/g)].map(([, digit]) => digit),
    ['2', '4', '6', '7', '1', '5', '3'],
  );
});

test('canonical JSON says the same as JSON, whatever the order of the names', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      assert.equal(canonicalJson(JSON.parse(text)), text);
    }),
  );
});

test('an event of docs/audit.md has the hash that is printed there', () => {
  const event = {
    sequence: 1,
    id: 'x_1',
    atMs: 1_800_000_000_000,
    groupId: null,
    actor: { kind: 'admin-cli', id: null, name: 'leafward admin' },
    address: null,
    action: 'user.setupLinkMade',
    subject: null,
    detail: {},
    previousHash: '0'.repeat(64),
  };
  assert.equal(
    canonicalJson(event),
    `{"action":"user.setupLinkMade","actor":{"id":null,"kind":"admin-cli","name":"leafward admin"},"address":null,"atMs":1800000000000,"detail":{},"groupId":null,"id":"x_1","previousHash":"${'0'.repeat(64)}","sequence":1,"subject":null}`,
  );
  assert.equal(auditHash({ ...event, hash: 'not part of it' }), auditHash(event));
  assert.equal(auditHash(event), 'f264c05f72bbaa821b0a30ad0e3a755292e224ab9a1da8581a5d313ca996d2bb');
});
