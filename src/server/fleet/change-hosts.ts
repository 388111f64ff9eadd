import { parseHostAddress } from '../../model/host-address.ts';
import { AppError } from '../../runtime/errors.ts';
import type { MongodbCredentials } from '../../wire/agent-messages.ts';
import { mongodbCredentials } from '../../wire/agent-messages.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import { newId } from '../new-id.ts';
import type { HostRecord } from '../ports.ts';
import type { GroupFleet } from './fleet.ts';
import type { LoginGuard } from './login-guard.ts';

export const hostsPerGroup = 20_000;

export interface HostInput {
  readonly host?: string | undefined;
  /** Null takes away what was set. */
  readonly connectTo?: string | null | undefined;
  readonly tls?: boolean | null | undefined;
  readonly username?: string | null | undefined;
  readonly password?: string | null | undefined;
  readonly authSource?: string | null | undefined;
  readonly tags?: readonly string[] | undefined;
}

export function newHost(groupId: string, host: string, nowMs: number): HostRecord {
  return {
    id: newId('h'),
    groupId,
    host,
    connectTo: null,
    aliases: [],
    tls: null,
    seed: false,
    standing: 'watched',
    addedAtMs: nowMs,
    credentials: null,
    username: null,
    authSource: null,
    replicaSetId: null,
    clusterId: null,
    shardName: null,
    tags: [],
    firstSampleAtMs: null,
    lastSampleAtMs: null,
    report: null,
  };
}

/** A host named by a person. One that a person had removed, or that discovery found, becomes a seed. @throws CONFLICT */
export async function addHost(
  fleet: GroupFleet,
  box: CredentialBox,
  input: HostInput & { readonly host: string },
  nowMs: number,
  guard?: LoginGuard,
): Promise<HostRecord> {
  const address = parseHostAddress(input.host);
  const known = fleet.byName(address);
  if (known?.standing === 'watched' && known.seed) {
    throw new AppError('CONFLICT', `${address} is watched already`, {
      hint: 'Open it under Settings > Hosts to change it.',
      details: { field: 'host', hostId: known.id },
    });
  }
  if (known === undefined && fleet.hosts.size >= hostsPerGroup) {
    throw new AppError('CONFLICT', `a group holds at most ${hostsPerGroup} hosts`, { hint: 'Make a second group.' });
  }
  const base = known ?? newHost(fleet.group.id, address, nowMs);
  const made = applied({ ...base, seed: true, standing: 'watched' }, box, input);
  guard?.(made, isLoginTyped(input));
  await fleet.saveHosts([made]);
  return made;
}

/** @throws NOT_FOUND, INPUT_INVALID, CONFLICT when another host has the new name. */
export async function changeHost(
  fleet: GroupFleet,
  box: CredentialBox,
  hostId: string,
  input: HostInput,
  guard: LoginGuard,
): Promise<HostRecord> {
  const host = fleet.host(hostId);
  if (input.host !== undefined) {
    const other = fleet.byName(input.host);
    if (other !== undefined && other.id !== hostId) {
      throw new AppError('CONFLICT', `${other.host} is watched already`, { details: { field: 'host' } });
    }
  }
  const renamed = input.host === undefined ? host : { ...host, host: parseHostAddress(input.host), report: null };
  const changed = applied(renamed, box, input);
  guard(changed, isLoginTyped(input));
  await fleet.saveHosts([changed]);
  return changed;
}

const tagsPerHost = 20;

/** Tags put on and taken off many hosts, all or none. Gives back those that changed. @throws NOT_FOUND, INPUT_INVALID */
export async function tagHosts(
  fleet: GroupFleet,
  hostIds: readonly string[],
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<readonly HostRecord[]> {
  const changed: HostRecord[] = [];
  for (const host of new Set(hostIds.map((hostId) => fleet.host(hostId)))) {
    const tags = [...new Set([...host.tags.filter((tag) => !remove.includes(tag)), ...add])];
    if (tags.length > tagsPerHost) {
      throw new AppError('INPUT_INVALID', `${host.host} would have more than ${tagsPerHost} tags`, {
        hint: 'Take some of its tags away first.',
        details: { field: 'add' },
      });
    }
    if (tags.join() !== host.tags.join()) changed.push({ ...host, tags });
  }
  if (changed.length > 0) await fleet.saveHosts(changed);
  return changed;
}

/** A member of a set is remembered as unwanted, or discovery would bring it back; anything else is forgotten. */
export async function dropHost(fleet: GroupFleet, hostId: string): Promise<void> {
  const host = fleet.host(hostId);
  const discoverable = host.standing === 'watched' && (host.replicaSetId !== null || host.clusterId !== null);
  if (discoverable) {
    await fleet.saveHosts([
      { ...host, standing: 'ignored', seed: false, credentials: null, username: null, authSource: null, report: null },
    ]);
  } else {
    await fleet.removeHost(hostId);
  }
}

/** Both halves: with the password that was kept, a user alone proves nothing. */
function isLoginTyped({ username, password }: HostInput): boolean {
  return (username ?? '') !== '' && (password ?? '') !== '';
}

function applied(host: HostRecord, box: CredentialBox, input: HostInput): HostRecord {
  const connectTo = changed(host.connectTo, input.connectTo);
  return {
    ...host,
    connectTo: connectTo === null ? null : parseHostAddress(connectTo),
    tls: input.tls === undefined ? host.tls : input.tls,
    tags: input.tags === undefined ? host.tags : [...new Set(input.tags)],
    ...credentialFields(host, box, input),
  };
}

function credentialFields(
  host: HostRecord,
  box: CredentialBox,
  { username, password, authSource }: HostInput,
): Pick<HostRecord, 'credentials' | 'username' | 'authSource'> {
  // Without a login there is no authSource that could be taken away.
  const sameSource = authSource === undefined || (host.credentials === null && changed(null, authSource) === null);
  if (username === undefined && password === undefined && sameSource) {
    return { credentials: host.credentials, username: host.username, authSource: host.authSource };
  }
  if (username === '' || username === null || password === null) {
    return { credentials: null, username: null, authSource: null };
  }
  const before = openCredentials(host, box);
  const name = username ?? before?.username;
  const secret = password ?? before?.password;
  if (name === undefined || secret === undefined) {
    throw new AppError('INPUT_INVALID', 'a MongoDB login needs both username and password', {
      details: { field: name === undefined ? 'username' : 'password' },
    });
  }
  const credentials = {
    ...before,
    username: name,
    password: secret,
    authSource: changed(before?.authSource ?? null, authSource) ?? 'admin',
  };
  return {
    credentials: box.encrypt(JSON.stringify(credentials), boundTo(host)),
    username: name,
    authSource: changed(host.authSource, authSource),
  };
}

export function openCredentials(host: HostRecord, box: CredentialBox): MongodbCredentials | undefined {
  if (host.credentials === null) return undefined;
  return mongodbCredentials.parse(JSON.parse(box.decrypt(host.credentials, boundTo(host))));
}

function boundTo(host: HostRecord): string {
  return `${host.groupId}/${host.id}`;
}

/** Undefined leaves what was; null or nothing but spaces takes it away. */
function changed(before: string | null, input: string | null | undefined): string | null {
  if (input === undefined) return before;
  return input === null || input.trim() === '' ? null : input;
}
