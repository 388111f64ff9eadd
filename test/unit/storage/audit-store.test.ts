import assert from 'node:assert/strict';
import test from 'node:test';
import { auditHash, genesisHash } from '../../../src/model/audit-chain.ts';
import type { AuditEvent, AuditRecord, AuditScope } from '../../../src/server/audit/ports.ts';
import { SqlAuditStore } from '../../../src/storage/sqlite/audit-store.ts';
import { fc } from '../../support/properties.ts';
import { memoryDatabase } from '../../support/server-fixture.ts';

let made = 0;

function record(changes: Partial<AuditRecord> = {}): AuditRecord {
  made += 1;
  return {
    id: `x_${made}`,
    groupId: 'g_1',
    atMs: 1000,
    actor: { kind: 'user', id: 'u_1', name: 'ann@example.net' },
    address: '192.0.2.1',
    action: 'host.added',
    subject: { kind: 'host', id: 'h_1', label: 'db1:27017' },
    detail: { tls: true, port: 27_017, names: ['a', 'b'], none: null },
    ...changes,
  };
}

const everything: AuditScope = { groupId: null, filter: {} };
const sequences = (events: readonly AuditEvent[]) => events.map(({ sequence }) => sequence);

test('events are chained in the order of their calls, by two stores on one database too', async () => {
  const database = memoryDatabase();
  const stores = [new SqlAuditStore(database), new SqlAuditStore(database)] as const;
  await Promise.all(Array.from({ length: 40 }, (_, index) => stores[index % 2 === 0 ? 0 : 1].append([record()])));
  const { events } = await stores[0].pageUp(everything, 0);
  assert.deepEqual(
    sequences(events),
    Array.from({ length: 40 }, (_, index) => index + 1),
  );
  let previous = genesisHash;
  for (const event of events) {
    assert.equal(event.previousHash, previous);
    assert.equal(event.hash, auditHash(event));
    previous = event.hash;
  }
  assert.deepEqual(await stores[1].head(), { sequence: 40, hash: previous, atMs: 1000 });
});

test('an append that the disk refuses leaves no hole: the next one takes its number', async () => {
  const database = memoryDatabase();
  let refuse = false;
  const store = new SqlAuditStore({
    ...database,
    write: (statements) => (refuse ? Promise.reject(new Error('disk full')) : database.write(statements)),
  });
  await store.append([record()]);
  refuse = true;
  await assert.rejects(store.append([record()]), /disk full/);
  refuse = false;
  await store.append([record({ action: 'host.removed' })]);
  const { events } = await store.pageUp(everything, 0);
  assert.deepEqual(
    events.map(({ sequence, action }) => [sequence, action]),
    [
      [1, 'host.added'],
      [2, 'host.removed'],
    ],
  );
});

const anyRecord = fc.record({
  groupId: fc.constantFrom('g_1', 'g_2', null),
  atMs: fc.integer({ min: 0, max: 20 }),
  action: fc.constantFrom('backup.find', 'backup.history', 'host.added', 'session.opened'),
  actor: fc.record({
    kind: fc.constant('user' as const),
    id: fc.constantFrom('u_1', 'u_2', null),
    name: fc.constantFrom('ann@example.net', 'bob_50%@example.net', '\ud800 half\u0000nul'),
  }),
  detail: fc.record({ namespace: fc.constantFrom('shop.orders', 'crm.people', 'a\\b') }),
});
const anyScope = fc.record({
  groupId: fc.constantFrom('g_1', null),
  filter: fc.record(
    {
      from: fc.integer({ min: 0, max: 20 }),
      to: fc.integer({ min: 0, max: 20 }),
      action: fc.constantFrom('backup', 'backup.find', 'host', 'x', ''),
      actor: fc.constantFrom('u_1', 'ANN', '50%', '%', '_'),
      text: fc.constantFrom('orders', 'SHOP', 'a\\\\b', '%', 'history', '192.0'),
    },
    { requiredKeys: [] },
  ),
});

function fits(event: AuditEvent, { groupId, filter }: AuditScope): boolean {
  const has = (text: string, part: string) => text.toLowerCase().includes(part.toLowerCase());
  const texts = [event.action, event.actor.name, event.address, event.subject?.id, event.subject?.label];
  const inText = (part: string) => [...texts, JSON.stringify(event.detail)].some((text) => has(text ?? '', part));
  return (
    (groupId === null || event.groupId === groupId) &&
    (filter.from === undefined || event.atMs >= filter.from) &&
    (filter.to === undefined || event.atMs < filter.to) &&
    (filter.action === undefined || event.action.startsWith(filter.action)) &&
    (filter.actor === undefined || event.actor.id === filter.actor || has(event.actor.name, filter.actor)) &&
    (filter.text === undefined || inText(filter.text))
  );
}

test('pages of any size, up and down, hold what fits the filter and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyRecord, { maxLength: 25 }),
      anyScope,
      fc.integer({ min: 1, max: 7 }),
      async (records, scope, limit) => {
        const store = new SqlAuditStore(memoryDatabase());
        await store.append(records.map((changes) => record(changes)));
        const all = (await store.pageUp(everything, 0)).events;
        for (const event of all) assert.equal(auditHash(event), event.hash);
        const expected = sequences(all.filter((event) => fits(event, scope)));
        assert.deepEqual(sequences((await store.pageUp(scope, 0)).events), expected);
        const down: number[] = [];
        for (let before: number | null = all.length + 1; before !== null; ) {
          const page: { events: readonly AuditEvent[]; nextBefore: number | null } = await store.page(scope, {
            before,
            limit,
          });
          assert.ok(page.events.length <= limit);
          down.push(...sequences(page.events));
          before = page.nextBefore;
        }
        assert.deepEqual(down.toReversed(), expected);
      },
    ),
    { numRuns: 40 },
  );
});

test('a cut says where the log begins, and only what is older goes', async () => {
  const store = new SqlAuditStore(memoryDatabase());
  // The clock was set back once: what came after that stays, however old it says it is.
  await store.append([10, 20, 30, 5, 40].map((atMs) => record({ atMs })));
  assert.equal(await store.lastBefore(10), 0);
  assert.equal(await store.lastBefore(30), 2);
  assert.equal(await store.lastBefore(100), 5);
  const third = (await store.pageUp(everything, 0)).events[1];
  await store.cut(2, (anchor, events) => record({ action: 'audit.cut', detail: { ...anchor, events } }));
  assert.deepEqual(await store.anchor(), { sequence: 2, hash: third?.hash });
  const { events } = await store.pageUp(everything, 0);
  assert.deepEqual(sequences(events), [3, 4, 5, 6]);
  assert.deepEqual(events.at(-1)?.detail, { sequence: 2, hash: third?.hash, events: 2 });
  assert.deepEqual(sequences((await store.page(everything, { before: null, limit: 10 })).events), [6, 5, 4, 3]);
  await store.cut(6, (anchor, count) => record({ action: 'audit.cut', detail: { ...anchor, events: count } }));
  assert.deepEqual(sequences((await store.pageUp(everything, 0)).events), [7]);
});
