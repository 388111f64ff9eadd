import { createHash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { ifRoom } from '../if-room.ts';
import type { AccountStore, GroupStore } from '../ports.ts';
import type { UserActor } from './actor.ts';
import { hashSecret, newToken } from './secret-token.ts';

export const sessionCookie = 'leafward_session';
export const sessionMs = 30 * 86_400_000;
const idleMs = 7 * 86_400_000;
const touchEveryMs = 5 * 60_000;

/** People's sessions. The token is in the cookie only; the store holds its hash. */
export class Sessions {
  readonly #accounts: AccountStore;
  readonly #groups: GroupStore;
  readonly #clock: Clock;

  constructor(accounts: AccountStore, groups: GroupStore, clock: Clock) {
    this.#accounts = accounts;
    this.#groups = groups;
    this.#clock = clock;
  }

  async open(userId: string): Promise<string> {
    const token = newToken();
    const now = this.#clock.now();
    await this.#accounts.addSession({
      hash: hashSecret(token),
      userId,
      createdAtMs: now,
      lastSeenAtMs: now,
      expiresAtMs: now + sessionMs,
    });
    return token;
  }

  /** Who holds this token, or undefined when it is unknown or has expired. */
  async actor(token: string): Promise<UserActor | undefined> {
    const hash = hashSecret(token);
    const session = await this.#accounts.session(hash);
    const now = this.#clock.now();
    if (session === undefined || session.expiresAtMs < now || session.lastSeenAtMs + idleMs < now) return undefined;
    const user = await this.#accounts.user(session.userId);
    if (user === undefined) return undefined;
    if (now - session.lastSeenAtMs > touchEveryMs) await ifRoom(this.#accounts.touchSession(hash, now));
    const roles = await this.#groups.rolesOf(user.id);
    return {
      kind: 'user',
      user,
      sessionHash: hash,
      csrf: csrfOf(token),
      roles: new Map(roles.map(({ groupId, roles: list }) => [groupId, list])),
    };
  }

  async close(hash: Uint8Array): Promise<void> {
    await this.#accounts.removeSession(hash);
  }
}

/** Derived from the session's token, which scripts of other sites (and of this one) cannot read. */
function csrfOf(token: string): string {
  return createHash('sha256').update(`leafward csrf ${token}`).digest('base64url');
}
