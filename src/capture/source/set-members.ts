import type { KeyObject } from 'node:crypto';
import type { HostConnection } from '../../deployment/connect.ts';
import { tlsWith } from '../../deployment/mongodb-tls.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { BackupMember } from '../../wire/backup-messages.ts';
import { openSealed } from '../../wire/open-sealed.ts';
import type { BackupAgentSettings } from '../backup-settings.ts';
import { MemberClient, type MemberHello } from './member-client.ts';

/** A member that answers and can be read. */
export interface UsableMember {
  readonly member: BackupMember;
  readonly hello: MemberHello;
  readonly client: MemberClient;
  /** For threads that make their own clients. */
  readonly connection: HostConnection;
}

export interface Survey {
  readonly usable: readonly UsableMember[];
  /** Of each of the others, why it cannot be read. */
  readonly problems: readonly AppError[];
}

interface SetMembersParts {
  readonly setName: string;
  readonly settings: BackupAgentSettings;
  readonly identity: { readonly privateKey: KeyObject; readonly publicKey: Buffer };
}

/** The members of a replica set as this agent can reach them. One client for each, made when it is first needed. */
export class SetMembers {
  readonly #parts: SetMembersParts;
  readonly #clients = new Map<string, { readonly key: string; readonly client: MemberClient }>();
  #members: readonly BackupMember[] = [];

  constructor(parts: SetMembersParts, members: readonly BackupMember[]) {
    this.#parts = parts;
    this.#members = members;
  }

  async update(members: readonly BackupMember[]): Promise<void> {
    this.#members = members;
    const hosts = new Set(members.map(({ host }) => host));
    for (const [host, { client }] of this.#clients) {
      if (hosts.has(host)) continue;
      this.#clients.delete(host);
      await client.close();
    }
  }

  /** Asks every member that may be read (arbiters hold nothing, delayed ones are behind on purpose) how it is. */
  async survey(signal: AbortSignal): Promise<Survey> {
    const asked = this.#members.filter(({ arbiter, delaySeconds }) => !arbiter && delaySeconds === 0);
    const found = await Promise.all(
      asked.map(async (member) => {
        try {
          return await this.#ask(member, signal);
        } catch (thrown) {
          signal.throwIfAborted();
          const problem = toAppError(thrown);
          if (problem.code === 'MONGODB_AUTH_FAILED') this.#parts.settings.logins?.refused();
          return problem;
        }
      }),
    );
    return {
      usable: found.filter((one): one is UsableMember => !(one instanceof AppError)),
      problems: found.filter((one) => one instanceof AppError),
    };
  }

  /**
   * How to reach a member.
   * @throws FORMAT_INVALID for a login of another key, SETTINGS_INVALID when the password cannot be had
   */
  async #connection(member: BackupMember): Promise<HostConnection> {
    const { settings, identity, setName } = this.#parts;
    const { host, connectTo, credentials } = member;
    return {
      host,
      connectTo,
      ...tlsWith(settings, member.tls),
      credentials:
        credentials === undefined
          ? await settings.logins?.for(host, setName)
          : openSealed(credentials, identity.privateKey, identity.publicKey),
    };
  }

  async close(): Promise<void> {
    const clients = [...this.#clients.values()];
    this.#clients.clear();
    await Promise.all(clients.map(({ client }) => client.close()));
  }

  async #ask(member: BackupMember, signal: AbortSignal): Promise<UsableMember> {
    const connection = await this.#connection(member);
    const client = await this.#client(connection);
    const hello = await client.hello(signal);
    const { setName } = this.#parts;
    if (hello.setName !== setName) {
      throw new AppError('MONGODB_UNREACHABLE', `${member.host} is no member of ${setName}`, { retryable: true });
    }
    if (!hello.isPrimary && !hello.isSecondary) {
      throw new AppError('MONGODB_UNREACHABLE', `${member.host} is neither primary nor secondary now`, {
        retryable: true,
      });
    }
    return { member, hello, client, connection };
  }

  async #client(connection: HostConnection): Promise<MemberClient> {
    // What reaches it may have changed: another name to dial, another login.
    const key = JSON.stringify(connection);
    const known = this.#clients.get(connection.host);
    if (known?.key === key) return known.client;
    // Set before anything is waited for: several surveys run at once.
    const client = new MemberClient(connection);
    this.#clients.set(connection.host, { key, client });
    await known?.client.close();
    return client;
  }
}

/** A member further behind than this is left alone while there are others. */
const behindSeconds = 30n;

/**
 * In the order in which the oplog is best read: from members that are not far behind; of these from secondaries that nobody else
 * asks, the primary last.
 */
export function forOplog(usable: readonly UsableMember[]): readonly UsableMember[] {
  return usable.toSorted((a, b) => rank(a, usable) - rank(b, usable));
}

function rank(one: UsableMember, all: readonly UsableMember[]): number {
  if (isBehind(one, all)) return 10;
  if (one.hello.isPrimary) return 2;
  return one.member.hidden ? 0 : 1;
}

/** In the order in which a scan best reads: hidden secondaries, other secondaries, those behind, the primary last. */
export function forScan(usable: readonly UsableMember[]): readonly UsableMember[] {
  const order = (one: UsableMember): number => {
    if (one.hello.isPrimary) return 3;
    if (isBehind(one, usable)) return 2;
    return one.member.hidden ? 0 : 1;
  };
  return usable.toSorted((a, b) => order(a) - order(b));
}

function isBehind({ hello }: UsableMember, all: readonly UsableMember[]): boolean {
  const seconds = (hello.majority?.ts ?? 0n) >> 32n;
  return all.some((other) => ((other.hello.majority?.ts ?? 0n) >> 32n) - seconds > behindSeconds);
}
