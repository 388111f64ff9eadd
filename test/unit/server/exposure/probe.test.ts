import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Look, LookTarget } from '../../../../src/server/exposure/look.ts';
import { type ProbeWays, probeHost, realWays } from '../../../../src/server/exposure/probe.ts';

const open: Look = { kind: 'open', tls: false, from: '198.51.100.1', databases: 3 };

/** Names and what is found at addresses; notes what was asked and dialled. */
function world(names: Record<string, readonly string[]>, found: Record<string, Look> = {}) {
  const dialled: LookTarget[] = [];
  const asked: string[] = [];
  const ways: ProbeWays = {
    ...realWays,
    resolve: async (name) => {
      asked.push(name);
      const addresses = names[name];
      if (addresses === undefined) throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' });
      return addresses;
    },
    look: async (target) => {
      dialled.push(target);
      return found[target.address] ?? { kind: 'silent' };
    },
  };
  return { dialled, asked, ways };
}
const signal = new AbortController().signal;

test('the name is asked for once, and the very address that it led to is dialled', async () => {
  const { dialled, asked, ways } = world({ 'db.example.net': ['8.8.8.8'] }, { '8.8.8.8': open });
  const probed = await probeHost('db.example.net:27017', ways, signal);
  assert.deepEqual(probed, { kind: 'looked', address: '8.8.8.8:27017', look: open });
  assert.deepEqual(asked, ['db.example.net']);
  assert.deepEqual(dialled, [{ address: '8.8.8.8', port: 27_017, name: 'db.example.net' }]);
});

test('private, mapped and translated addresses are never dialled, beside public ones neither', async () => {
  const inner = ['10.0.0.5', '127.0.0.1', '169.254.169.254', '::1', '::ffff:8.8.8.8', '64:ff9b::808:808', 'fe80::1'];
  const { dialled, ways } = world({ inner, both: ['10.0.0.5', '9.9.9.9', 'fd00::1', '2600::5'] }, { '2600::5': open });
  const probed = await probeHost('inner:27017', ways, signal);
  assert.equal(probed.kind, 'private');
  assert.ok(probed.kind === 'private' && probed.addresses[0] === '10.0.0.5 (private)');
  assert.deepEqual(dialled, []);
  assert.deepEqual(await probeHost('both:27018', ways, signal), {
    kind: 'looked',
    address: '[2600::5]:27018',
    look: open,
  });
  assert.deepEqual(
    dialled.map(({ address }) => address),
    ['9.9.9.9', '2600::5'],
  );
});

test('an address as the host is not asked for; a private one in brackets is refused too', async () => {
  const { dialled, asked, ways } = world({});
  assert.equal((await probeHost('[::ffff:127.0.0.1]:27017', ways, signal)).kind, 'private');
  assert.equal((await probeHost('127.0.0.1:27017', ways, signal)).kind, 'private');
  // The resolver reads these as 127.0.0.1 and 0.0.0.0; here they are names, and what they lead to is checked like any other.
  for (const odd of ['2130706433', '0x7f.1', '0'])
    assert.equal((await probeHost(`${odd}:27017`, realWays, signal)).kind !== 'looked', true, odd);
  assert.deepEqual(dialled, []);
  assert.deepEqual(asked, []);
});

test('at most two addresses of a name are dialled, and the worse one counts', async () => {
  const many = Array.from({ length: 9 }, (_, n) => `9.9.9.${n}`);
  const { dialled, ways } = world({ many }, { '9.9.9.0': { kind: 'refused' }, '9.9.9.1': open });
  const probed = await probeHost('many:27017', ways, signal);
  assert.ok(probed.kind === 'looked' && probed.address === '9.9.9.1:27017');
  assert.equal(dialled.length, 2);
});

test('a name that leads nowhere, and one whose turn it is not, are told apart', async () => {
  const { dialled, ways } = world({ db: ['9.9.9.9'] });
  assert.deepEqual(await probeHost('none:27017', ways, signal), {
    kind: 'unresolved',
    name: 'none',
    reason: 'there is no such name',
  });
  assert.deepEqual(await probeHost('db:27017', ways, signal, () => false), { kind: 'postponed' });
  assert.deepEqual(dialled, []);
});

test('the server stops while a name is asked for', async () => {
  const stop = new AbortController();
  const ways = { ...realWays, resolve: () => new Promise<readonly string[]>(() => {}) };
  const probed = probeHost('slow.example.net:27017', ways, stop.signal);
  stop.abort(new Error('the server stops'));
  await assert.rejects(probed, /the server stops/);
});
