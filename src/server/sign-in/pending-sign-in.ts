import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import { signInRefused } from './problem.ts';

const pending = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Where the person wanted to go; a path of this server. */
  to: z.string(),
  atMs: z.number(),
});
export type PendingSignIn = Omit<z.output<typeof pending>, 'atMs'>;

export const pendingMs = 10 * 60_000;
const bound = 'sign-in/oidc';
const mostUsed = 10_000;

/**
 * A sign-in that is at the provider. Sealed in a cookie of the browser that began it, so that nothing is kept here for
 * those who never come back, and nobody else's browser can end it. Each is good for one return.
 */
export class PendingSignIns {
  readonly #box: CredentialBox;
  readonly #clock: Clock;
  /** Hashes of states that were used, by the time until which they would be good. */
  readonly #used = new Map<string, number>();

  constructor(box: CredentialBox, clock: Clock) {
    this.#box = box;
    this.#clock = clock;
  }

  seal(signIn: PendingSignIn): string {
    const value = JSON.stringify({ ...signIn, atMs: this.#clock.now() });
    return Buffer.from(this.#box.encrypt(value, bound)).toString('base64url');
  }

  /** Only once. @throws SIGN_IN_REFUSED (expired) */
  open(cookie: string | undefined): PendingSignIn {
    const opened = this.#parse(cookie);
    const now = this.#clock.now();
    if (opened === undefined || now - opened.atMs > pendingMs) throw signInRefused('expired');
    for (const [key, untilMs] of this.#used) if (untilMs < now || this.#used.size > mostUsed) this.#used.delete(key);
    const key = createHash('sha256').update(opened.state).digest('base64url');
    if (this.#used.has(key)) throw signInRefused('expired', 'it was used already');
    this.#used.set(key, opened.atMs + pendingMs);
    return opened;
  }

  #parse(cookie: string | undefined): z.output<typeof pending> | undefined {
    if (cookie === undefined || cookie.length > 4000) return undefined;
    try {
      return pending.parse(JSON.parse(this.#box.decrypt(Buffer.from(cookie, 'base64url'), bound)));
    } catch {
      return undefined;
    }
  }
}
