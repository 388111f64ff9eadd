import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetLeases, setLeaseMs } from '../../../../src/server/backup/set-leases.ts';
import { createSetLeaseStore } from '../../../../src/storage/sqlite/set-lease-store.ts';
import { fc } from '../../../support/properties.ts';
import { memoryDatabase } from '../../../support/server-fixture.ts';

const sets = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ replicaSetId: `s${index}`, busy: false }));

function fixture() {
  const clock = { ms: 1_000_000, now: () => clock.ms };
  const store = createSetLeaseStore(memoryDatabase());
  const moves: string[] = [];
  const leases = new SetLeases(store, clock, async (_group, set, from, to) => void moves.push(`${set} ${from}>${to}`));
  const ask = async (agent: string, all: readonly { replicaSetId: string; busy: boolean }[]) => {
    await leases.heard('g', agent);
    return [...(await leases.share('g', agent, all)).epochs.keys()];
  };
  return { clock, store, leases, moves, ask };
}

test('one agent has all sets, a second one gets half of them after the first has let go', async () => {
  const { leases, ask } = fixture();
  const all = sets(5);
  assert.equal((await ask('a', all)).length, 5);
  assert.deepEqual(await ask('b', all), []);
  const ofA = await ask('a', all);
  const ofB = await ask('b', all);
  assert.deepEqual([ofA.length, ofB.length], [3, 2]);
  assert.deepEqual([...ofA, ...ofB].sort(), ['s0', 's1', 's2', 's3', 's4']);
  const [moved = ''] = ofB;
  await leases.check('g', moved, 'b', 2);
  await assert.rejects(leases.check('g', moved, 'a', 1), { code: 'LEASE_LOST' });
});

test('a set in a scan stays where it is when sets are shared anew', async () => {
  const { ask } = fixture();
  const all = sets(2).map((set) => ({ ...set, busy: true }));
  assert.equal((await ask('a', all)).length, 2);
  assert.deepEqual(await ask('b', all), []);
  assert.equal((await ask('a', all)).length, 2);
});

test('sets of an agent that fell silent go to another one when its lease is over, not before', async () => {
  const { clock, moves, leases, ask } = fixture();
  const all = sets(2);
  await ask('a', all);
  clock.ms += setLeaseMs - 1;
  assert.deepEqual(await ask('b', all), []);
  assert.equal(await leases.holder('g', 's0'), 'a');
  clock.ms += 1;
  assert.equal(await leases.holder('g', 's0'), null);
  assert.deepEqual(await ask('b', all), ['s0', 's1']);
  assert.deepEqual(moves, ['s0 a>b', 's1 a>b']);
  await assert.rejects(leases.check('g', 's0', 'a', 1), { code: 'LEASE_LOST' });
});

test('an agent whose lease is over goes on where nobody took its set', async () => {
  const { clock, leases, ask } = fixture();
  await ask('a', sets(1));
  clock.ms += 10 * setLeaseMs;
  await leases.check('g', 's0', 'a', 1);
});

test('who leaves gives its sets away at once', async () => {
  const { leases, ask } = fixture();
  await ask('a', sets(2));
  await leases.leave('g', 'a');
  assert.deepEqual(await ask('b', sets(2)), ['s0', 's1']);
});

test('after a restart the holder has a lease to come back in, and epochs go on', async () => {
  const { clock, store, ask } = fixture();
  await ask('a', sets(1));
  const again = new SetLeases(store, clock);
  await again.heard('g', 'b');
  assert.equal((await again.share('g', 'b', sets(1))).epochs.size, 0);
  await again.check('g', 's0', 'a', 1);
  clock.ms += setLeaseMs;
  await again.heard('g', 'b');
  assert.deepEqual([...(await again.share('g', 'b', sets(1))).epochs], [['s0', 2]]);
});

test('groups know nothing of one another', async () => {
  const { leases, ask } = fixture();
  await ask('a', sets(1));
  await leases.heard('other', 'a');
  await assert.rejects(leases.check('other', 's0', 'a', 1), { code: 'LEASE_LOST' });
});

test('whatever agents come and go: no set has two, every set has one after two rounds, shares differ by one at most', async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('ask' as const), agent: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('leave' as const), agent: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(25_000) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 7 }), async (steps, count) => {
      const { clock, leases, ask } = fixture();
      const all = sets(count);
      for (const one of steps) {
        if (one.kind === 'wait') clock.ms += one.ms;
        else if (one.kind === 'leave') await leases.leave('g', one.agent);
        else await ask(one.agent, all);
        const held = (await Promise.all(['a', 'b', 'c'].map((agent) => leases.heldBy('g', agent)))).flat();
        assert.equal(held.length, new Set(held).size, 'a set with two agents');
      }
      clock.ms += setLeaseMs;
      // Two that live: the first may have to let go before the second gets its share.
      for (let round = 0; round < 3; round++) for (const agent of ['a', 'b']) await ask(agent, all);
      const counts = await Promise.all(['a', 'b', 'c'].map(async (agent) => (await leases.heldBy('g', agent)).length));
      assert.deepEqual(
        counts.toSorted((x, y) => y - x),
        [Math.ceil(count / 2), Math.floor(count / 2), 0],
      );
    }),
    { numRuns: 60 },
  );
});
