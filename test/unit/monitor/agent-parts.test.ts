import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { lagMs, type SetStatus } from '../../../src/deployment/replica-set.ts';
import { HostClock } from '../../../src/monitor/clock-skew.ts';
import { EventNotes } from '../../../src/monitor/event-notes.ts';
import { removeSecrets } from '../../../src/monitor/host-documents.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { sealCredentials } from '../../../src/server/seal.ts';
import { openIdentity } from '../../../src/wire/agent-identity.ts';
import { openSealed } from '../../../src/wire/open-sealed.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('an agent keeps its identity; its key file is its own; a second agent on the state directory is refused', async () => {
  await using folder = tempDir('identity');
  const first = await openIdentity(folder.path);
  assert.equal(statSync(folder.file('identity.json')).mode & 0o777, 0o600);
  first.release();
  const second = await openIdentity(folder.path);
  assert.equal(second.agentId, first.agentId);
  assert.notEqual(second.instanceId, first.instanceId);
  second.release();
  // The parent process is one that surely runs.
  writeFileSync(folder.file('lock'), `${process.ppid}\n`);
  await assert.rejects(openIdentity(folder.path), (thrown) => thrown instanceof AppError && thrown.code === 'CONFLICT');
});

test('a login that the server sealed is opened by this agent alone', async () => {
  await using folder = tempDir('identity');
  await using other = tempDir('identity');
  const mine = await openIdentity(folder.path);
  const theirs = await openIdentity(other.path);
  const login = { username: 'leafward', password: 'pässword', authSource: 'admin' };
  const sealed = sealCredentials(login, mine.publicKey.toString('base64'));
  assert.deepEqual(openSealed(sealed, mine.privateKey, mine.publicKey), login);
  assert.throws(() => openSealed(sealed, theirs.privateKey, theirs.publicKey), { code: 'FORMAT_INVALID' });
  const bytes = Buffer.from(sealed.ciphertext, 'base64');
  bytes[0] = (bytes[0] ?? 0) ^ 1;
  const bent = { ...sealed, ciphertext: bytes.toString('base64') };
  assert.throws(() => openSealed(bent, mine.privateKey, mine.publicKey), { code: 'FORMAT_INVALID' });
});

test('a small difference of clocks changes no time; a large one is corrected and then stays', () => {
  const clock = new HostClock();
  clock.measure(1_000_400, 1_000_000, 1_000_000);
  assert.equal(clock.toAgentMs(5000), 5000);
  clock.measure(1_090_000, 1_000_000, 1_000_000);
  assert.equal(clock.toAgentMs(100_000), 10_000);
  clock.measure(1_090_700, 1_000_000, 1_000_000);
  assert.equal(clock.toAgentMs(100_000), 10_000);
  assert.equal(clock.skewMs, 90_700);
  assert.equal(clock.toHostMs(10_000), 100_000);
});

test('secrets are taken out of what mongod tells of its command line', () => {
  const shown = removeSecrets({
    argv: [
      'mongod',
      '--keyFile',
      '/etc/key',
      '--sslPEMKeyPassword',
      'hush',
      '--tlsCertificateKeyFilePassword=hush',
      '--port',
      '1',
    ],
    parsed: { net: { tls: { certificateKeyFilePassword: 'hush' }, port: 1 }, security: { keyFile: '/etc/key' } },
  });
  assert.equal(JSON.stringify(shown).includes('hush'), false);
  assert.equal(JSON.stringify(shown).includes('/etc/key'), true);
});

test('lag takes the configured delay off and is unknown without a primary', () => {
  const member = (id: number, state: number, appliedMs: number) => {
    return { id, host: `h${id}`, state, stateName: '', health: 1, appliedMs, syncSource: undefined };
  };
  const members = [member(0, 1, 100_000), member(1, 2, 30_000)];
  const status: SetStatus = { term: 1, configVersion: 1, myState: 2, primary: 'h0', self: members[1], members };
  const settings = { host: 'h1', arbiterOnly: false, hidden: true, priority: 0, votes: 1, delaySeconds: 60 };
  const config = { name: 's', replicaSetId: 'x', version: 1, isConfigServer: false, members: new Map([[1, settings]]) };
  assert.equal(lagMs(status, 1, undefined), 70_000);
  assert.equal(lagMs(status, 1, config), 10_000);
  assert.equal(lagMs(status, 0, config), 0);
  assert.equal(lagMs({ ...status, members: [member(1, 2, 30_000)] }, 1, config), null);
});

test('a restart, a version and an election are noticed once', () => {
  const notes = new EventNotes();
  const report = {
    hostId: 'h',
    atMs: 10,
    reachable: true,
    sinceMs: 1,
    processId: 'p1',
    version: '6.0.5',
    role: 'secondary' as const,
  };
  notes.compare('db1:1', report, { ...report, atMs: 20 });
  assert.deepEqual(notes.waiting(), []);
  notes.compare('db1:1', report, { ...report, processId: 'p2', version: '7.0.1', atMs: 30 });
  assert.deepEqual(
    notes.waiting().map(({ kind }) => kind),
    ['restart', 'versionChange'],
  );
  notes.sent(notes.waiting());
  const of = (primary: string, term: number) => {
    const member = {
      memberId: 0,
      stateName: '',
      health: 1,
      arbiterOnly: false,
      hidden: false,
      priority: 1,
      votes: 1,
      delaySeconds: 0,
      lagMs: 0,
    };
    const members = ['a', 'b'].map((host) => ({ ...member, host, state: host === primary ? 1 : 2 }));
    return { replicaSetId: 'r', name: 'rs0', term, configVersion: 1, reportedBy: primary, members };
  };
  notes.compareSet(of('a', 1), 1);
  notes.compareSet(of('b', 2), 2);
  notes.compareSet(of('b', 2), 3);
  notes.compareSet(of('a', 1), 4);
  assert.deepEqual(
    notes.waiting().map(({ kind }) => kind),
    ['election'],
  );
});
