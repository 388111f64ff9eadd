import { lookup } from 'node:dns/promises';
import { readFileSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { documentsOf, textOf } from '../deployment/bson-values.ts';
import { HostClient, type HostConnection } from '../deployment/connect.ts';
import { type Hello, sayHello } from '../deployment/hello.ts';
import type { Logins } from '../deployment/logins.ts';
import { readSetConfig, readSetStatus } from '../deployment/replica-set.ts';
import { namedWebServer } from '../deployment/speaks-http.ts';
import { AppError } from '../runtime/errors.ts';
import { describeNetworkError, tlsErrorCode, tlsHint } from '../runtime/network-error.ts';
import type { DoctorSteps, Finding } from './doctor-steps.ts';

export const deadlineMs = 8000;

/** What an agent needs of a host after its login: monitoring and backup differ. Not asked of arbiters. */
export interface HostNeed {
  readonly step: string;
  readonly title: string;
  readonly find: (signedIn: SignedIn) => Promise<Finding>;
}

export interface SignedIn {
  readonly client: HostClient;
  readonly connection: HostConnection;
  readonly isMember: boolean;
  readonly signal: AbortSignal;
}

interface Examined {
  readonly connection: HostConnection;
  /** Used where the connection names no login. */
  readonly logins: Logins | undefined;
  readonly needs: readonly HostNeed[];
}

/** Walks the way to one host: name, port, TLS, MongoDB, version, login, what the agent needs, replica set. */
export async function examineHost(
  { connection: given, logins, needs }: Examined,
  steps: DoctorSteps,
  signal: AbortSignal,
): Promise<void> {
  let connection = given;
  const [name, port] = split(connection.connectTo ?? connection.host);
  const address = `${name}:${port}`;
  const { credentials: _, ...bare } = connection;
  const probe = new HostClient(bare, deadlineMs);
  let client = new HostClient(connection, deadlineMs);
  let hello: Hello | undefined;
  const isArbiter = (): boolean => hello?.type === 'arbiter';
  const arbiter: Finding = { state: 'skipped', message: 'An arbiter has no users and no data.' };
  try {
    await steps.run('dns', `Name ${name} resolves`, () => resolves(name));
    await steps.run('tcp', `Port ${port} is open`, () => opens(name, port, address));
    await steps.run('tls', 'TLS', () => handshake(connection, name, port, address));
    await steps.run('mongodb', 'MongoDB answers', async () => {
      hello = await helloOrReason(probe, connection, signal);
      const set = hello.setName === undefined ? '' : ` of the replica set ${hello.setName}`;
      return { message: `It is a ${hello.type}${set}.` };
    });
    await steps.run('version', 'Version is 4.4 or newer', () => version(probe, signal));
    await steps.run('auth', 'Login', async () => {
      if (isArbiter()) return arbiter;
      const credentials = connection.credentials ?? (await logins?.for(connection.host, hello?.setName));
      if (credentials !== connection.credentials) {
        await client.close();
        connection = { ...connection, credentials };
        client = new HostClient(connection, deadlineMs);
      }
      return signIn(client, connection, signal);
    });
    const isMember = (): boolean => hello?.setName !== undefined;
    for (const { step, title, find } of needs) {
      await steps.run(step, title, async () =>
        isArbiter() ? arbiter : find({ client, connection, isMember: isMember(), signal }),
      );
    }
    await steps.run('replicaSet', 'Members of the replica set', async () => {
      if (isArbiter()) return arbiter;
      return isMember()
        ? checkMembers(client, connection, signal)
        : { state: 'skipped', message: 'Not a member of one.' };
    });
  } finally {
    await probe.close();
    await client.close();
  }
}

/** The driver only says that the connection was closed: a web server is told by asking. */
async function helloOrReason(probe: HostClient, connection: HostConnection, signal: AbortSignal): Promise<Hello> {
  try {
    return await sayHello(probe, deadlineMs, signal);
  } catch (thrown) {
    throw await namedWebServer(thrown, connection);
  }
}

async function resolves(name: string): Promise<Finding> {
  try {
    const found = await lookup(name.replace(/^\[|\]$/g, ''), { all: true });
    return { message: `It is ${found.map(({ address }) => address).join(', ')}.` };
  } catch (thrown) {
    return {
      state: 'failed',
      message: `${name}: ${describeNetworkError(thrown).text}`,
      hint: 'Correct the name, or add it to DNS or /etc/hosts of the machine on which the agent runs.',
    };
  }
}

async function opens(name: string, port: number, address: string): Promise<Finding> {
  const socket = connectTcp({ host: name.replace(/^\[|\]$/g, ''), port });
  try {
    await connected(socket, 'connect');
    return { message: `${address} accepts connections.` };
  } catch (thrown) {
    const { text } = describeNetworkError(thrown);
    return {
      state: 'failed',
      message: `${address}: ${text}`,
      hint: 'Check that mongod runs, that its bindIp includes this address, and that no firewall is in between.',
    };
  } finally {
    socket.destroy();
  }
}

async function handshake(connection: HostConnection, name: string, port: number, address: string): Promise<Finding> {
  if (!connection.tls) return { state: 'skipped', message: 'Not asked for: mongodbTls is false for this host.' };
  const host = name.replace(/^\[|\]$/g, '');
  const { tlsCaFile, tlsCertificateKeyFile, tlsCertificateKeyFilePassword: passphrase } = connection;
  const pair = tlsCertificateKeyFile === undefined ? undefined : readFileSync(tlsCertificateKeyFile);
  const socket = connectTls({
    host,
    port,
    ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    ...(tlsCaFile === undefined ? {} : { ca: readFileSync(tlsCaFile) }),
    ...(pair === undefined ? {} : { cert: pair, key: pair }),
    ...(pair === undefined || passphrase === undefined ? {} : { passphrase }),
    ...(connection.tlsAllowInvalidHostnames === true ? { checkServerIdentity: () => undefined } : {}),
  });
  try {
    await connected(socket, 'secureConnect');
    const { subject, valid_to: until } = socket.getPeerCertificate();
    return { message: `The certificate of ${subject.CN ?? 'the host'} is trusted and holds until ${until}.` };
  } catch (thrown) {
    const code = tlsErrorCode(thrown) ?? 'MONGODB_UNREACHABLE';
    const { text } = describeNetworkError(thrown);
    const hint =
      code === 'MONGODB_UNREACHABLE'
        ? 'The host may not speak TLS: set TLS off for it.'
        : tlsHint(thrown, 'mongodbTlsCaFile');
    throw new AppError(code, `TLS with ${address}: ${text}`, {
      cause: thrown,
      ...(hint === undefined ? {} : { hint }),
    });
  } finally {
    socket.destroy();
  }
}

async function connected(socket: ReturnType<typeof connectTcp>, event: 'connect' | 'secureConnect'): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once(event, () => resolve());
  socket.once('error', reject);
  socket.setTimeout(deadlineMs, () => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })));
  await promise;
}

async function version(probe: HostClient, signal: AbortSignal): Promise<Finding> {
  const reply = await probe.command('admin', { buildInfo: 1 }, { deadlineMs, signal });
  const found = textOf(reply['version']) ?? 'unknown';
  const [major = 0, minor = 0] = found.split('.').map(Number);
  if (major < 4 || (major === 4 && minor < 4)) {
    throw new AppError('MONGODB_TOO_OLD', `It runs MongoDB ${found}.`);
  }
  return { message: `It runs MongoDB ${found}.` };
}

async function signIn(client: HostClient, connection: HostConnection, signal: AbortSignal): Promise<Finding> {
  const { credentials } = connection;
  const reply = await client.command('admin', { connectionStatus: 1 }, { deadlineMs, signal });
  if (credentials !== undefined && credentials.username !== '')
    return { message: `Signed in as ${credentials.username} on ${credentials.authSource}.` };
  const users: unknown = reply['authInfo'] ?? {};
  const signed =
    typeof users === 'object' && users !== null && 'authenticatedUsers' in users
      ? documentsOf(users.authenticatedUsers)
      : [];
  if (signed.length > 0) return { message: 'Signed in by certificate.' };
  return { message: 'No login is set for this host, so none is used.' };
}

async function checkMembers(client: HostClient, connection: HostConnection, signal: AbortSignal): Promise<Finding> {
  const config = readSetConfig(await client.command('admin', { replSetGetConfig: 1 }, { deadlineMs, signal }));
  const status = readSetStatus(await client.command('admin', { replSetGetStatus: 1 }, { deadlineMs, signal }));
  if (config === undefined) return { state: 'warn', message: 'Its settings hold no replicaSetId.' };
  const hosts = [...config.members.values()].map(({ host }) => host);
  const unreachable: string[] = [];
  await Promise.all(
    hosts.map(async (host) => {
      const { connectTo: _, credentials: _c, ...rest } = connection;
      const member = new HostClient({ ...rest, host }, deadlineMs);
      try {
        await sayHello(member, deadlineMs, signal);
      } catch {
        unreachable.push(host);
      } finally {
        await member.close();
      }
    }),
  );
  const primary = status.primary === undefined ? 'It has no primary now.' : `Primary: ${status.primary}.`;
  if (unreachable.length === 0) return { message: `All ${hosts.length} members of ${config.name} answer. ${primary}` };
  return {
    state: 'warn',
    message: `${unreachable.join(', ')} cannot be reached from the agent by the name that the set uses. ${primary}`,
    hint: 'Make the name resolve on the machine of the agent, or set another address for that host on its page.',
  };
}

function split(address: string): [string, number] {
  const at = address.lastIndexOf(':');
  const port = Number(address.slice(at + 1));
  return at < 0 || Number.isNaN(port) ? [address, 27017] : [address.slice(0, at), port];
}
