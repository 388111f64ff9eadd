import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { ifRoom } from '../if-room.ts';
import type { InstanceSettings } from '../instance-settings/instance-settings.ts';
import type { GroupStore } from '../ports.ts';
import { sessionLimits } from './access-section.ts';
import type { UserActor } from './actor.ts';
import { browserName } from './browser-name.ts';
import type { AccountStore, ProvenAccount, SessionRecord, SignInMethod } from './ports.ts';
import { hashSecret, newToken } from './secret-token.ts';

const touchEveryMs = 5 * 60_000;
/** How long a sign-in counts as recent: then a second factor can be set up. */
const recentMs = 15 * 60_000;

interface Parts {
  readonly accounts: AccountStore;
  readonly groups: GroupStore;
  readonly clock: Clock;
  readonly instance: InstanceSettings;
}

/** Where a request for a session comes from. */
export interface SessionPlace {
  readonly ip: string;
  readonly headers: { readonly 'user-agent'?: string | undefined };
}

/** People's sessions. The token is in the cookie only; the store holds its hash. */
export class Sessions {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A new token with every sign-in; how long its cookie may live. Undefined: the account is not what was proven any more. */
  async open(
    userId: string,
    method: SignInMethod,
    place: SessionPlace,
    proven?: ProvenAccount,
  ): Promise<{ token: string; maxAgeMs: number } | undefined> {
    const { accounts, clock, instance } = this.#parts;
    const token = newToken();
    const now = clock.now();
    const { mostMs } = await sessionLimits(instance);
    const session = {
      id: randomBytes(9).toString('hex'),
      hash: hashSecret(token),
      userId,
      method,
      address: place.ip,
      browser: browserName(place.headers['user-agent']),
      createdAtMs: now,
      lastSeenAtMs: now,
      expiresAtMs: now + mostMs,
      authenticatedAtMs: now,
    };
    if (!(await accounts.addSession(session, proven))) return undefined;
    await ifRoom(accounts.touchUser(userId, now));
    return { token, maxAgeMs: mostMs };
  }

  /** Who holds this token, or undefined when it is unknown, has expired, or its account is disabled. */
  async actor(token: string, address: string): Promise<UserActor | undefined> {
    const { accounts, groups, clock } = this.#parts;
    const hash = hashSecret(token);
    const session = await accounts.session(hash);
    const now = clock.now();
    if (session === undefined || (await this.endOf(session)) < now) return undefined;
    const user = await accounts.user(session.userId);
    if (user === undefined || user.disabled) return undefined;
    if (now - session.lastSeenAtMs > touchEveryMs) {
      await ifRoom(accounts.touchSession(hash, now, address));
      await ifRoom(accounts.touchUser(user.id, now));
    }
    const roles = await groups.rolesOf(user.id);
    return {
      kind: 'user',
      user,
      session,
      csrf: csrfOf(token),
      roles: new Map(roles.map(({ groupId, roles: list }) => [groupId, list])),
    };
  }

  /** When a session ends if it is not used again. Limits that were shortened count for open sessions too. */
  async endOf({ createdAtMs, lastSeenAtMs, expiresAtMs }: SessionRecord): Promise<number> {
    const { idleMs, mostMs } = await sessionLimits(this.#parts.instance);
    return Math.min(expiresAtMs, createdAtMs + mostMs, lastSeenAtMs + idleMs);
  }

  async close(hash: Uint8Array): Promise<void> {
    await this.#parts.accounts.removeSession(hash);
  }
}

/** Until when somebody counts as having just proven who they are. */
export function recentUntilMs({ authenticatedAtMs }: SessionRecord): number {
  return authenticatedAtMs + recentMs;
}

/** Derived from the session's token, which scripts of other sites (and of this one) cannot read. */
function csrfOf(token: string): string {
  return createHash('sha256').update(`leafward csrf ${token}`).digest('base64url');
}
