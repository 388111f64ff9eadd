import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { eventually } from './eventually.ts';
import { type Mongod, type MongodOptions, startMongod } from './mongod.ts';
import { tempDir } from './temp-dir.ts';

export interface MemberOptions {
  readonly priority?: number;
  readonly hidden?: boolean;
  readonly arbiter?: boolean;
  /** Seconds; implies priority 0 and hidden. */
  readonly delaySecs?: number;
  readonly votes?: 0 | 1;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ReplicaSetOptions extends Pick<MongodOptions, 'version' | 'args' | 'cacheSizeGB'> {
  /** Default `rs0`. */
  readonly name?: string;
  /** A number of equal members, or one entry per member; default 1. */
  readonly members?: number | readonly MemberOptions[];
  /** Makes a key file, an administrator, and starts with authorization. */
  readonly auth?: { readonly user: string; readonly password: string };
  /** PEM files: certificate with key, and the CA; every member then demands TLS, and is named `localhost`. */
  readonly tls?: { readonly certificateKeyFile: string; readonly caFile: string };
  /** Default 64 MB. */
  readonly oplogSizeMb?: number;
  /** Default 2,000 ms, so that elections in tests are quick. */
  readonly electionTimeoutMs?: number;
}

export interface ReplicaSet extends AsyncDisposable {
  readonly name: string;
  readonly members: readonly Mongod[];
  /** To the whole set, without credentials. */
  readonly uri: string;
  /** Host names as they stand in the set's settings. */
  readonly hosts: readonly string[];
  /** A client of the whole set, signed in where the set demands it. */
  connect(options?: MongoClientOptions): Promise<MongoClient>;
  /** A client of one member. */
  connectTo(member: Mongod, options?: MongoClientOptions): Promise<MongoClient>;
  /** A client of one member that has not signed in. */
  connectUnsigned(member: Mongod, options?: MongoClientOptions): Promise<MongoClient>;
  /** Waits for a member that accepts writes. */
  primary(): Promise<Mongod>;
  /** Waits until every member is primary, secondary or arbiter. */
  healthy(): Promise<void>;
}

const initiateTimeoutMs = 180_000;

/** Starts a replica set and waits until it has a primary and every member is in its place. It ends with the scope. */
export async function startReplicaSet(options: ReplicaSetOptions = {}): Promise<ReplicaSet> {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('replica-set'));
  const wanted = typeof options.members === 'object' ? options.members : equalMembers(options.members ?? 1);
  const args = memberArguments(options, folder.file('key'));
  const version = options.version === undefined ? {} : { version: options.version };
  const cache = options.cacheSizeGB === undefined ? {} : { cacheSizeGB: options.cacheSizeGB };
  const members = await Promise.all(wanted.map(() => startMongod({ ...version, ...cache, args })));
  for (const member of members) resources.use(member);
  const set = describeSet(options, members);
  await initiate(set, wanted, options);
  const owned = resources.move();
  return { ...set, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

function equalMembers(count: number): MemberOptions[] {
  return Array.from({ length: count }, () => ({}));
}

function memberArguments(options: ReplicaSetOptions, keyPath: string): string[] {
  const args = [
    '--replSet',
    options.name ?? 'rs0',
    '--oplogSize',
    String(options.oplogSizeMb ?? 64),
    ...(options.args ?? []),
  ];
  if (options.auth !== undefined) {
    writeFileSync(keyPath, randomBytes(384).toString('base64'), { mode: 0o600 });
    args.push('--keyFile', keyPath);
  }
  if (options.tls !== undefined) {
    args.push('--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', options.tls.certificateKeyFile);
    args.push('--tlsCAFile', options.tls.caFile, '--tlsAllowConnectionsWithoutCertificates');
  }
  return args;
}

function describeSet(
  options: ReplicaSetOptions,
  members: readonly Mongod[],
): Omit<ReplicaSet, typeof Symbol.asyncDispose> {
  const name = options.name ?? 'rs0';
  const hosts = members.map(({ port }) => (options.tls === undefined ? `127.0.0.1:${port}` : `localhost:${port}`));
  const base: MongoClientOptions = {
    serverSelectionTimeoutMS: 60_000,
    ...(options.tls && { tls: true, tlsCAFile: options.tls.caFile }),
  };
  const signedIn: MongoClientOptions = {
    ...base,
    ...(options.auth && { auth: { username: options.auth.user, password: options.auth.password } }),
  };
  const uriOf = (member: Mongod): string =>
    `mongodb://${hosts[members.indexOf(member)] ?? member.host}/?directConnection=true`;
  const connectTo: ReplicaSet['connectTo'] = (member, more = {}) =>
    new MongoClient(uriOf(member), { ...signedIn, ...more }).connect();
  const connectUnsigned: ReplicaSet['connectUnsigned'] = (member, more = {}) =>
    new MongoClient(uriOf(member), { ...base, ...more }).connect();
  return {
    name,
    members,
    hosts,
    uri: `mongodb://${hosts.join(',')}/?replicaSet=${name}`,
    connect: (more = {}) =>
      new MongoClient(`mongodb://${hosts.join(',')}/?replicaSet=${name}`, { ...signedIn, ...more }).connect(),
    connectTo,
    connectUnsigned,
    primary: () => findPrimary(members, connectUnsigned),
    healthy: () => untilHealthy(members, connectTo),
  };
}

type Connect = (member: Mongod, options: MongoClientOptions) => Promise<MongoClient>;

/** How long to wait for a member that may be down, in ms: longer each time, since a busy machine may keep all of them waiting. */
function* patience(): Generator<number, never> {
  for (let ms = 1000; ; ms = Math.min(2 * ms, 20_000)) yield ms;
}

async function findPrimary(members: readonly Mongod[], connect: Connect): Promise<Mongod> {
  const waits = patience();
  const probe = async (): Promise<Mongod | undefined> => {
    const timeoutMS = waits.next().value;
    for (const member of members) {
      try {
        await using client = await connect(member, { serverSelectionTimeoutMS: timeoutMS });
        const { isWritablePrimary } = await client.db('admin').command({ hello: 1 }, { timeoutMS });
        if (isWritablePrimary === true) return member;
      } catch {
        // a member that is down is not the primary: ask the next
      }
    }
    return undefined;
  };
  return eventually(probe, { timeoutMs: initiateTimeoutMs, everyMs: 100, what: 'a primary' });
}

async function untilHealthy(members: readonly Mongod[], connect: Connect): Promise<void> {
  const waits = patience();
  let states: string[] = [];
  await eventually(
    async () => {
      const member = members[0];
      if (member === undefined) return true;
      await using client = await connect(member, { serverSelectionTimeoutMS: waits.next().value });
      const status = await client.db('admin').command({ replSetGetStatus: 1 });
      states = (status['members'] as { stateStr: string }[]).map(({ stateStr }) => stateStr);
      return states.includes('PRIMARY') && states.every((state) => /^(PRIMARY|SECONDARY|ARBITER)$/.test(state));
    },
    { timeoutMs: initiateTimeoutMs, everyMs: 100, what: 'a replica set in which every member is in its place' },
  ).catch((cause: unknown) => {
    throw new Error(`the members of the set are ${states.join(', ')}`, { cause });
  });
}

async function initiate(
  set: Omit<ReplicaSet, typeof Symbol.asyncDispose>,
  wanted: readonly MemberOptions[],
  options: ReplicaSetOptions,
): Promise<void> {
  const [seed] = set.members;
  if (seed === undefined) throw new Error('a replica set needs a member');
  const config = {
    _id: set.name,
    members: wanted.map((member, index) => memberDocument(member, index, set.hosts[index] ?? '', options)),
    settings: { electionTimeoutMillis: options.electionTimeoutMs ?? 2000, heartbeatIntervalMillis: 500 },
    ...(options.args?.includes('--configsvr') && { configsvr: true }),
  };
  {
    await using client = await set.connectUnsigned(seed);
    await client.db('admin').command({ replSetInitiate: config });
  }
  const primary = await set.primary();
  if (options.auth !== undefined) {
    await using client = await set.connectUnsigned(primary);
    const { user, password } = options.auth;
    await client.db('admin').command({ createUser: user, pwd: password, roles: ['root'] });
  }
  await set.healthy();
}

function memberDocument(
  member: MemberOptions,
  index: number,
  host: string,
  options: ReplicaSetOptions,
): Record<string, unknown> {
  const { priority, hidden, arbiter, delaySecs, votes, tags } = member;
  const delayField = options.version === '4.4' ? 'slaveDelay' : 'secondaryDelaySecs';
  const passive = delaySecs !== undefined || hidden === true || votes === 0;
  return {
    _id: index,
    host,
    ...(arbiter === true && { arbiterOnly: true }),
    ...(priority !== undefined ? { priority } : passive && { priority: 0 }),
    ...((hidden === true || delaySecs !== undefined) && { hidden: true }),
    ...(delaySecs !== undefined && { [delayField]: delaySecs }),
    ...(votes !== undefined && { votes }),
    ...(tags !== undefined && { tags }),
  };
}
