import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { MongoClient } from 'mongodb';
import { MemberClient } from '../../../src/capture/source/member-client.ts';
import { readLogins } from '../../../src/cli/mongodb-logins.ts';
import { HostClient, type HostConnection } from '../../../src/deployment/connect.ts';
import type { Logins } from '../../../src/deployment/logins.ts';
import type { AppError } from '../../../src/runtime/errors.ts';
import type { Alert } from '../../../src/wire/api/alerts.ts';
import type { Host } from '../../../src/wire/api/deployment.ts';
import { startBackupServer } from '../../support/backup-server.ts';
import { backUp, startCapturing, untilCaptured, untilScanned } from '../../support/capturing.ts';
import { type TestAuthority, testAuthority, writeMongodCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/replica-set.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';
import { startWatching } from '../../support/watching.ts';

const patience = { timeoutMs: 240_000, everyMs: 100 };
const deadlineMs = 5000;
const roles = ['backup', 'clusterMonitor'];

interface Guarded extends AsyncDisposable {
  readonly set: ReplicaSet;
  readonly root: MongoClient;
  readonly folder: TempDir;
  readonly authority: TestAuthority;
  readonly caFile: string;
  /** A client certificate `CN=<name>`, its key under the password "geheim". */
  pairOf(name: string): Promise<string>;
}

/** A set that demands TLS and a login, with users of every kind. */
async function startGuarded(): Promise<Guarded> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('logins'));
  const authority = await testAuthority();
  const files = await writeMongodCertificates(folder.path, authority);
  const auth = { user: 'root', password: 'secret' };
  const set = resources.use(await startReplicaSet({ members: 1, tls: files, auth }));
  const root = resources.use(await set.connect());
  const add = (user: string, mechanisms: readonly string[]) =>
    root.db('admin').command({ createUser: user, pwd: `${user} pass`, roles, mechanisms });
  await add('both', ['SCRAM-SHA-1', 'SCRAM-SHA-256']);
  await add('new', ['SCRAM-SHA-256']);
  await root.db('$external').command({
    createUser: 'CN=agent.example.net',
    roles: roles.map((role) => ({ role, db: 'admin' })),
  });
  const owned = resources.move();
  return {
    set,
    root,
    folder,
    authority,
    caFile: files.caFile,
    async pairOf(name) {
      const { cert, key } = await authority.issue([name]);
      const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'geheim' } as const;
      const path = folder.file(`${name}.pem`);
      writeFileSync(path, `${cert}\n${String(createPrivateKey(key).export(locked))}`, { mode: 0o600 });
      return path;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** As the monitoring agent and as the backup agent connect. */
async function signIn(connection: HostConnection): Promise<void> {
  const signal = new AbortController().signal;
  await using closing = new AsyncDisposableStack();
  const host = closing.adopt(new HostClient(connection, deadlineMs), (client) => client.close());
  await host.command('admin', { serverStatus: 1 }, { deadlineMs, signal });
  const member = closing.adopt(new MemberClient(connection), (client) => client.close());
  await member.command('local', { find: 'oplog.rs', limit: 1 }, { signal });
}

/** The deadlines are the product's own, a few seconds: a busy machine may miss one of them. */
const unhurried = (work: () => Promise<void>): Promise<true> =>
  eventually(async () => {
    await work();
    return true;
  }, patience);

async function refusal(connection: HostConnection): Promise<AppError> {
  return signIn(connection).then(
    () => assert.fail('it was let in'),
    (thrown: AppError) => thrown,
  );
}

test('every way to sign in, right and wrong, to a host that demands TLS and a login', {
  timeout: 600_000,
}, async () => {
  await using guarded = await startGuarded();
  const { set, caFile } = guarded;
  const host = set.hosts[0] ?? '';
  const base: HostConnection = { host, tls: true, tlsCaFile: caFile };
  const scram = (username: string, more = {}) => ({
    ...base,
    credentials: { username, password: `${username} pass`, authSource: 'admin', ...more },
  });
  const x509 = { username: '', password: '', authSource: '$external', authMechanism: 'MONGODB-X509' } as const;
  const withPair = async (name: string): Promise<HostConnection> => ({
    ...base,
    tlsCertificateKeyFile: await guarded.pairOf(name),
    tlsCertificateKeyFilePassword: 'geheim',
  });
  const letIn: readonly HostConnection[] = [
    scram('both'),
    scram('both', { authMechanism: 'SCRAM-SHA-1' }),
    scram('both', { authMechanism: 'SCRAM-SHA-256' }),
    scram('new'),
    { ...(await withPair('agent.example.net')), credentials: x509 },
  ];
  for (const connection of letIn) await unhurried(() => signIn(connection));

  const refused = async (connection: HostConnection, code: string, message: RegExp, hint: RegExp): Promise<void> => {
    await unhurried(async () => {
      const error = await refusal(connection);
      assert.equal(error.code, code, `${error.message}\n${String(error.cause)}`);
      assert.match(error.message, message);
      assert.ok(error.message.includes(host), error.message);
      assert.match(error.hint, hint);
      assert.doesNotMatch(`${error.message} ${error.hint}`, / pass\b|geheim/, 'no password is repeated');
    });
  };
  const login = 'MONGODB_AUTH_FAILED';
  await refused(
    scram('both', { password: 'wrong pass' }),
    login,
    /login of both on admin \(SCRAM\): Authentication failed/,
    /password/,
  );
  await refused(scram('nobody'), login, /login of nobody on admin/, /Check user and password/);
  await refused(scram('both', { authSource: 'shop' }), login, /login of both on shop/, /made in the database shop/);
  await refused(scram('new', { authMechanism: 'SCRAM-SHA-1' }), login, /\(SCRAM-SHA-1\)/, /with SCRAM-SHA-1/);
  await refused(
    scram('both', { authMechanism: 'PLAIN', authSource: '$external' }),
    login,
    /\(PLAIN\)/,
    /does not allow PLAIN/,
  );
  await refused(base, 'MONGODB_PRIVILEGE_MISSING', /demands a login, and none is set/, /mongodbPasswordFile/);
  await refused(
    { ...(await withPair('stranger.example.net')), credentials: x509 },
    login,
    /by MONGODB-X509/,
    /createUser\(\{ user: "CN=stranger\.example\.net"/,
  );
  await refused(
    scram('both', { authMechanism: 'GSSAPI', authSource: '$external' }),
    login,
    /the module kerberos is missing/,
    /authentication\.md/,
  );
  const aws = { username: '', password: '', authSource: '$external', authMechanism: 'MONGODB-AWS' } as const;
  await refused(
    { ...base, credentials: aws },
    login,
    /module @aws-sdk\/credential-providers is missing/,
    /authentication\.md/,
  );

  // The name on the certificate: only who asks for it does without.
  const [, port = ''] = host.split(':');
  const [member] = set.members;
  assert.ok(member !== undefined);
  const files = await writeMongodCertificates(guarded.folder.path, guarded.authority, ['elsewhere.example.net']);
  const keyed = ['--tlsAllowConnectionsWithoutCertificates', '--tlsMode', 'requireTLS', '--tlsCAFile', files.caFile];
  await member.restart({ args: [...keyed, '--tlsCertificateKeyFile', files.certificateKeyFile] });
  const hello = async (more: Partial<HostConnection>): Promise<void> => {
    await using closing = new AsyncDisposableStack();
    const client = closing.adopt(new HostClient({ ...base, ...more }, deadlineMs), (one) => one.close());
    await client.command('admin', { hello: 1 }, { deadlineMs, signal: new AbortController().signal });
  };
  await unhurried(() =>
    assert.rejects(hello({}), { code: 'TLS_NAME_MISMATCH', message: new RegExp(`localhost:${port}.*elsewhere`) }),
  );
  await unhurried(() => hello({ tlsAllowInvalidHostnames: true }));
  const other = await writeMongodCertificates(guarded.folder.path, await testAuthority());
  await unhurried(() =>
    assert.rejects(hello({ tlsAllowInvalidHostnames: true, tlsCaFile: other.caFile }), { code: 'TLS_UNTRUSTED' }),
  );
});

const unset = {
  mongodbUsername: undefined,
  mongodbPassword: undefined,
  mongodbPasswordCommand: undefined,
  mongodbAuthMechanism: undefined,
  mongodbAuthSource: undefined,
  mongodbLoginsFile: undefined,
};

test('a password that changes is used by both agents without a restart, from a file and from the page; x.509 needs none', {
  timeout: 600_000,
}, async () => {
  await using guarded = await startGuarded();
  const { set, root, folder, caFile } = guarded;
  const host = set.hosts[0] ?? '';
  const [member] = set.members;
  writeFileSync(folder.file('password'), 'both pass\n');
  writeFileSync(folder.file('logins'), '[rs0]\nusername = both\npasswordFile = password\n');
  const logins: Logins | undefined = readLogins({ ...unset, mongodbLoginsFile: folder.file('logins') }, undefined);
  const tls = { mongodbTls: true, mongodbTlsCaFile: caFile };
  await using watching = await startWatching();
  await watching.api('POST', '/hosts', { host });
  await watching.api('PATCH', '/alert-rules/default-certificateExpiring', {
    condition: { kind: 'certificateExpiring', days: 60 },
    forMs: 0,
  });
  const watch = async (): Promise<Host | undefined> =>
    (await watching.api<Host[]>('GET', '/hosts')).find((one) => one.host === host && one.lastSampleAtMs !== null);
  const freshSample = async (): Promise<void> => {
    const before = (await watch())?.lastSampleAtMs ?? 0;
    const isFresh = async (): Promise<boolean> => ((await watch())?.lastSampleAtMs ?? 0) > before + 1000;
    await eventually(isFresh, { ...patience, what: 'another sample' });
  };
  await watching.startAgent({ ...tls, logins });
  await using server = await startBackupServer();
  const state = backUp(server, set, {});
  await using capturing = await startCapturing(server, { ...tls, logins });
  await untilScanned(state, capturing);
  await freshSample();
  // The certificate of the test ends in 30 days; mongod says so itself.
  const ends = async (): Promise<boolean> =>
    (await watching.api<Alert[]>('GET', '/alerts?state=open')).some(
      ({ title, ruleId }) =>
        ruleId === 'default-certificateExpiring' &&
        /The TLS certificate of localhost:\d+ ends in (29|30) d/.test(title),
    );
  await eventually(ends, { ...patience, what: 'the alert on the certificate' });

  const changePassword = async (pwd: string): Promise<void> => {
    await root.db('admin').command({ updateUser: 'both', pwd });
    // No connection outlives this.
    await member?.restart();
    await set.healthy();
  };
  writeFileSync(folder.file('password'), 'second pass');
  await changePassword('second pass');
  await freshSample();
  await untilCaptured(state, root).catch((cause: unknown) => {
    throw new Error(capturing.lines.join('\n'), { cause });
  });

  // From the page: refused until it is typed anew, used at once then.
  await watching.api('PATCH', `/hosts/${(await watch())?.id}`, { username: 'both', password: 'second pass' });
  await freshSample();
  await changePassword('third pass');
  const told = async (): Promise<boolean> => (await watch())?.problem?.code === 'MONGODB_AUTH_FAILED';
  await eventually(told, { ...patience, what: 'the refused login on the page' });
  await watching.api('PATCH', `/hosts/${(await watch())?.id}`, { password: 'third pass' });
  await eventually(async () => (await watch())?.problem === null, { ...patience, what: 'the login on the page' });
  await freshSample();
  const lines = [...watching.lines, ...capturing.lines].join('\n');
  for (const pwd of ['both pass', 'second pass', 'third pass'])
    assert.ok(!lines.includes(pwd), 'no password is logged');
});
