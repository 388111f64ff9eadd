import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import tls from 'node:tls';
import type * as Ldapts from 'ldapts';
import type { Client, Entry } from 'ldapts';
import { AppError } from '../../runtime/errors.ts';
import { describeNetworkError } from '../../runtime/network-error.ts';
import type { Outbound } from '../../wire/outbound/outbound.ts';
import { plainEmail } from '../access/accounts.ts';
import { groupsByChain } from './nested-groups.ts';
import { signInRefused } from './problem.ts';
import type { ProvenPerson } from './proven-person.ts';
import type { LdapSettings } from './sign-in-section.ts';

type Library = typeof Ldapts;

interface DirectoryParts {
  readonly outbound: Outbound;
  readonly signal: AbortSignal;
}
interface Session {
  readonly library: Library;
  readonly client: Client;
  readonly settings: LdapSettings;
}

const deadlineMs = 10_000;
const mostGroups = 1000;
const ports = { 'ldap:': 389, 'ldaps:': 636 } as const;

interface Asked {
  readonly login: string;
  readonly password: string;
  /** May refuse by throwing, before the password is tried: one entry can have many names. */
  readonly beforeBind: (dn: string) => Promise<void>;
  /** DNs of groups in which somebody may be through others, when the settings follow those. */
  readonly groupDns: readonly string[];
}

/**
 * Bind, search, bind: the login of the settings finds the person, whose own password then has to open the entry that was
 * found; groups are looked at only for who has shown it. Undefined: nobody of that name, more than one, or another password.
 * @throws SIGN_IN_REFUSED when it does not work
 */
export async function personOfDirectory(
  parts: DirectoryParts,
  settings: LdapSettings,
  bindPassword: string | undefined,
  { login, password, beforeBind, groupDns }: Asked,
): Promise<ProvenPerson | undefined> {
  // By RFC 4513 a bind with a name and no password is anonymous: it succeeds and proves nothing.
  if (login === '' || password === '') return undefined;
  return withDirectory(parts, settings, async (session) => {
    await bindAsSearcher(session, bindPassword);
    const entry = await entryOf(session, login);
    if (entry === undefined) return undefined;
    await beforeBind(entry.dn);
    try {
      await session.client.bind(entry.dn, password);
    } catch (thrown) {
      if (thrown instanceof session.library.InvalidCredentialsError) return undefined;
      throw thrown;
    }
    await bindAsSearcher(session, bindPassword);
    return personOf(settings, entry, await groupsOf(session, entry, groupDns));
  });
}

/** Tries the login that searches, and looks at the base. What was found, in words. @throws SIGN_IN_REFUSED */
export async function testDirectory(
  parts: DirectoryParts,
  settings: LdapSettings,
  bindPassword: string | undefined,
): Promise<string> {
  if (settings.url === '') throw new AppError('INPUT_INVALID', 'the directory needs an address');
  return withDirectory(parts, settings, async (session) => {
    await bindAsSearcher(session, bindPassword);
    const { baseDn, userFilter, loginAttribute } = settings;
    const filter = userFilter === '' ? '(objectClass=*)' : userFilter;
    const found = await session.client.search(baseDn, {
      scope: 'sub',
      filter,
      sizeLimit: 100,
      attributes: [loginAttribute],
    });
    const named = found.searchEntries.filter((entry) => textsOf(entry, loginAttribute).length > 0).length;
    return `the directory answers; of ${found.searchEntries.length} people that were looked at, ${named} have ${loginAttribute}`;
  });
}

async function withDirectory<T>(
  { outbound, signal }: DirectoryParts,
  settings: LdapSettings,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const library = await import('ldapts');
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  const { protocol, hostname, port } = new URL(settings.url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'ldaps:';
  let socket: Socket | undefined;
  const onAbort = (): void => void socket?.destroy();
  try {
    socket = await outbound.connect({
      host,
      port: port === '' ? ports[isSecure ? 'ldaps:' : 'ldap:'] : Number(port),
      signal: deadline,
    });
    const open = socket;
    deadline.addEventListener('abort', onAbort, { once: true });
    const secure = { host, ...(isIP(host) === 0 ? { servername: host } : {}), ...caOf(settings) };
    const client = new library.Client({
      url: settings.url,
      timeout: deadlineMs,
      connectTimeout: deadlineMs,
      strictDN: false,
      createConnection: () => open,
      ...(isSecure ? { createSecureConnection: () => tls.connect({ ...secure, socket: open }) } : {}),
    });
    if (!isSecure && settings.startTls) await client.startTLS(secure);
    const result = await work({ library, client, settings });
    await client.unbind();
    return result;
  } catch (thrown) {
    throw refusalOf(library, thrown, deadline);
  } finally {
    deadline.removeEventListener('abort', onAbort);
    socket?.destroy();
  }
}

function caOf({ caCertificate }: LdapSettings): { ca?: string } {
  return caCertificate === null ? {} : { ca: caCertificate };
}

async function bindAsSearcher({ client, settings, library }: Session, password: string | undefined): Promise<void> {
  if (settings.bindDn === '') return;
  if (password === undefined) throw signInRefused('not-set-up', 'the login that searches has no password');
  try {
    await client.bind(settings.bindDn, password);
  } catch (thrown) {
    if (!(thrown instanceof library.InvalidCredentialsError)) throw thrown;
    throw signInRefused('not-set-up', 'the directory does not take the login that searches', thrown);
  }
}

/** The one person with this login. What was typed is a value of the filter's own structure, never a part of its text. */
async function entryOf({ client, settings, library }: Session, login: string): Promise<Entry | undefined> {
  const named = new library.EqualityFilter({ attribute: settings.loginAttribute, value: login });
  const filters = settings.userFilter === '' ? [named] : [library.FilterParser.parseString(settings.userFilter), named];
  const { emailAttribute, nameAttribute, memberOfAttribute } = settings;
  const { searchEntries } = await client.search(settings.baseDn, {
    scope: 'sub',
    filter: new library.AndFilter({ filters }),
    sizeLimit: 2,
    attributes: [emailAttribute, nameAttribute, 'entryUUID', 'objectGUID', memberOfAttribute].filter(
      (name) => name !== '',
    ),
    explicitBufferAttributes: ['objectGUID'],
  });
  return searchEntries.length === 1 ? searchEntries[0] : undefined;
}

/** DNs and names of the person's groups. */
async function groupsOf(
  { client, settings, library }: Session,
  entry: Entry,
  groupDns: readonly string[],
): Promise<readonly string[]> {
  const { memberOfAttribute, nestedGroups, groupBaseDn, groupMemberAttribute } = settings;
  const listed = memberOfAttribute === '' ? [] : textsOf(entry, memberOfAttribute);
  const found: string[] = [];
  if (nestedGroups) {
    const known = new Set(listed.map((dn) => dn.toLowerCase()));
    const open = groupDns.filter((dn) => !known.has(dn.toLowerCase()));
    found.push(...(await groupsByChain(library, client, entry, { attribute: memberOfAttribute, groupDns: open })));
  }
  if (groupBaseDn !== '') {
    const { searchEntries } = await client.search(groupBaseDn, {
      scope: 'sub',
      filter: new library.EqualityFilter({ attribute: groupMemberAttribute, value: entry.dn }),
      attributes: ['cn'],
      sizeLimit: mostGroups,
    });
    found.push(...searchEntries.map(({ dn }) => dn));
  }
  return [...new Set([...listed, ...found].flatMap((dn) => [dn, firstValue(dn)]))].slice(0, 2 * mostGroups);
}

/** `dba` of `CN=dba,OU=Groups,DC=example,DC=net`. */
function firstValue(dn: string): string {
  const [, value = ''] = /^[^=]+=((?:\\.|[^,\\+])*)/.exec(dn) ?? [];
  return value.replace(/\\(.)/g, '$1').trim();
}

function personOf(settings: LdapSettings, entry: Entry, values: readonly string[]): ProvenPerson {
  const [email] = textsOf(entry, settings.emailAttribute);
  if (email === undefined || !/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 400) throw signInRefused('no-email');
  const [name = ''] = textsOf(entry, settings.nameAttribute);
  const [uuid] = textsOf(entry, 'entryUUID');
  const guid = entry['objectGUID'];
  const lasting = uuid ?? (Buffer.isBuffer(guid) && guid.length > 0 ? guid.toString('hex') : entry.dn.toLowerCase());
  return {
    provider: 'ldap',
    // Without the address: a directory that moves keeps its people.
    subject: lasting,
    email: plainEmail(email),
    name: name.slice(0, 200),
    values,
  };
}

/** Attributes have names without regard to case, one value or many. */
function textsOf(entry: Entry, attribute: string): readonly string[] {
  const found = Object.entries(entry).find(([name]) => name.toLowerCase() === attribute.toLowerCase())?.[1] ?? [];
  const list = Array.isArray(found) ? found : [found];
  return list.map((value) => (Buffer.isBuffer(value) ? value.toString('utf8') : value)).filter((text) => text !== '');
}

function refusalOf(library: Library, thrown: unknown, deadline: AbortSignal): AppError {
  if (thrown instanceof AppError && (thrown.code === 'SIGN_IN_REFUSED' || thrown.code === 'TOO_MANY_ATTEMPTS')) {
    return thrown;
  }
  if (thrown instanceof library.ResultCodeError)
    return signInRefused('provider-refused', thrown.message.slice(0, 200), thrown);
  if (deadline.aborted) return signInRefused('provider-unreachable', 'no answer in time', thrown);
  const text = thrown instanceof AppError ? thrown.message : describeNetworkError(thrown).text;
  return signInRefused('provider-unreachable', text.split('\n').at(-1)?.slice(0, 200), thrown);
}
