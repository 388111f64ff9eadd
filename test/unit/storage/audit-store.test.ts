import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { auditHash, canonicalJson, genesisHash } from '../../../src/model/audit-chain.ts';
import type { AuditRecord } from '../../../src/server/audit/ports.ts';
import { SqlAuditStore } from '../../../src/storage/sqlite/audit-store.ts';
import { memoryDatabase } from '../../support/server-fixture.ts';

let made = 0;

function record(changes: Partial<AuditRecord> = {}): AuditRecord {
  made += 1;
  return {
    id: `x_${made}`,
    groupId: 'g_1',
    atMs: 1000 + made,
    actor: { kind: 'user', id: 'u_1', name: 'ann@example.net' },
    address: '192.0.2.1',
    action: 'host.added',
    subject: { kind: 'host', id: 'h_1', label: 'db1:27017' },
    detail: { tls: true, port: 27_017, names: ['a', 'b'], none: null },
    ...changes,
  };
}

const everything = { groupId: null, filter: {} };

test('events are chained in the order of their calls, by two stores on one database too', async () => {
  const database = memoryDatabase();
  const stores = [new SqlAuditStore(database), new SqlAuditStore(database)] as const;
  await Promise.all(Array.from({ length: 40 }, (_, index) => stores[index % 2 === 0 ? 0 : 1].append([record()])));
  const { events } = await stores[0].pageUp(everything, 0);
  assert.deepEqual(
    events.map(({ sequence }) => sequence),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  let previous = genesisHash;
  for (const event of events) {
    assert.equal(event.previousHash, previous);
    assert.equal(event.hash, auditHash(event));
    previous = event.hash;
  }
  assert.equal((await stores[1].head()).hash, previous);
});
