import { createRequire } from 'node:module';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Issued } from './certificates.ts';
import { eventually } from './eventually.ts';

/** What we use of ldapjs, which brings no types. */
interface LdapPackage {
  createServer(options: object): LdapServer;
  readonly InvalidCredentialsError: new () => Error;
  readonly InsufficientAccessRightsError: new () => Error;
}
interface LdapServer {
  readonly url: string;
  bind(dn: string, handler: (request: BindRequest, reply: Reply, next: Next) => void): void;
  search(dn: string, handler: (request: SearchRequest, reply: Reply, next: Next) => void): void;
  listen(port: number, host: string, done: () => void): void;
  close(done: () => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
}
type Next = (error?: Error) => void;
interface Reply {
  /** Those that were asked for. */
  readonly attributes: string[];
  send(entry: object): void;
  end(): void;
}
interface BindRequest {
  readonly dn: { toString(): string };
  readonly credentials: string;
  readonly connection: { ldap: { bindDN: { toString(): string } } };
}
interface SearchRequest extends BindRequest {
  /** 0: the entry itself. */
  readonly scope: number;
  readonly filter: SearchFilter;
}
/** The last three are those of an extensible match. */
interface SearchFilter {
  toString(): string;
  matches(attributes: object): boolean;
  readonly matchingRule?: string;
  readonly matchType?: string;
  readonly value?: string;
}

export interface DirectoryEntry {
  readonly dn: string;
  readonly password?: string;
  readonly attributes: Readonly<Record<string, string | readonly string[]>>;
}
export interface TestDirectory extends AsyncDisposable {
  /** host:port. */
  readonly address: string;
  /** Filters that were asked for, as text. */
  readonly filters: string[];
  /** DNs that were bound, with the password right or wrong. */
  readonly binds: string[];
}

/** A real LDAP server on a loopback address: ldaps with a certificate, else plain. Searching needs a bind. */
export async function startLdapServer(
  entries: readonly DirectoryEntry[],
  certificate?: Issued,
): Promise<TestDirectory> {
  const ldap = createRequire(import.meta.url)('ldapjs') as LdapPackage;
  const server = ldap.createServer(
    certificate === undefined ? {} : { certificate: certificate.cert, key: certificate.key },
  );
  const filters: string[] = [];
  const binds: string[] = [];
  server.on('error', () => {});
  server.bind('', (request, reply, next) => {
    const dn = plain(request.dn.toString());
    binds.push(dn);
    const entry = entries.find((one) => plain(one.dn) === dn);
    if (entry?.password === undefined || entry.password !== request.credentials)
      next(new ldap.InvalidCredentialsError());
    else {
      reply.end();
      next();
    }
  });
  server.search('', (request, reply, next) => {
    filters.push(request.filter.toString());
    if (plain(request.connection.ldap.bindDN.toString()) === 'cn=anonymous') {
      next(new ldap.InsufficientAccessRightsError());
      return;
    }
    // It compares names as they are written; servers do not, and may give more than was asked for.
    reply.attributes.push('*');
    const base = plain(request.dn.toString());
    for (const { dn, attributes } of entries) {
      // This server looks attributes up in lower case alone, and takes it ill when one is not there.
      const lower = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]));
      const asked = { objectclass: '', mail: '', member: '', ...lower };
      const isInside = request.scope === 0 ? plain(dn) === base : plain(dn).endsWith(base);
      if (isInside && fits(request.filter, asked, entries)) reply.send({ dn, attributes });
    }
    reply.end();
    next();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: new URL(server.url).host,
    filters,
    binds,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(resolve)),
  };
}

/** In front of a plain server: answers StartTLS (RFC 4511, 4.14) and passes on what comes over TLS; anything in clear ends the connection. */
export async function startTlsFront(
  behind: string,
  certificate: Issued,
): Promise<AsyncDisposable & { readonly address: string }> {
  const sockets = new Set<Socket>();
  const front: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (request: Buffer) => {
      const isStartTls = request.includes('1.3.6.1.4.1.1466.20037');
      if (!isStartTls) {
        socket.destroy();
        return;
      }
      // LDAPMessage { the request's id, ExtendedResponse { success, "", "" } }
      const id = request.subarray(2, 5);
      socket.write(Buffer.concat([Buffer.of(0x30, 0x0c), id, Buffer.of(0x78, 0x07, 0x0a, 1, 0, 4, 0, 4, 0)]));
      const secure = new TLSSocket(socket, { isServer: true, cert: certificate.cert, key: certificate.key });
      const onward = connect({ host: '127.0.0.1', port: Number(behind.split(':')[1]) });
      for (const one of [secure, onward]) one.on('error', () => socket.destroy());
      secure.pipe(onward).pipe(secure);
      sockets.add(onward);
    });
  });
  front.listen(0, '127.0.0.1');
  await eventually(async () => front.listening, { what: 'the front' });
  const at = front.address();
  return {
    address: `127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => front.close(() => resolve()));
    },
  };
}

function plain(dn: string): string {
  return dn.toLowerCase().replace(/\s*,\s*/g, ',');
}

const inChain = '1.2.840.113556.1.4.1941';

/** As Active Directory does: an extensible match of that rule walks from the entry through the groups of its groups. */
function fits(filter: SearchFilter, attributes: DirectoryEntry['attributes'], all: readonly DirectoryEntry[]): boolean {
  if (filter.matchingRule !== inChain) return filter.matches(attributes);
  const attribute = filter.matchType?.toLowerCase() ?? '';
  const wanted = plain(filter.value ?? '');
  const seen = new Set<string>();
  const open = namesOf(attributes, attribute);
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === wanted) return true;
    const group = seen.has(name) ? undefined : all.find(({ dn }) => plain(dn) === name);
    seen.add(name);
    if (group !== undefined) open.push(...namesOf(group.attributes, attribute));
  }
  return false;
}

function namesOf(attributes: DirectoryEntry['attributes'], attribute: string): string[] {
  const found = Object.entries(attributes).find(([name]) => name.toLowerCase() === attribute)?.[1] ?? [];
  return [found].flat().map(plain);
}
