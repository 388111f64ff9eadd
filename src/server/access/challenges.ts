import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';
import type { ProvenAccount, SignInMethod } from './ports.ts';
import { hashSecret, newToken } from './secret-token.ts';

interface Challenge {
  readonly userId: string;
  readonly method: SignInMethod;
  readonly proven: ProvenAccount;
  readonly expiresAtMs: number;
  triesLeft: number;
}

const validMs = 5 * 60_000;
const tries = 5;
const bound = 10_000;

/** Sign-ins that wait for their second factor. In memory: after a restart the password is typed again. */
export class Challenges {
  readonly #clock: Clock;
  readonly #open = new Map<string, Challenge>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(userId: string, method: SignInMethod, proven: ProvenAccount): { challenge: string; expiresAtMs: number } {
    const challenge = newToken();
    const expiresAtMs = this.#clock.now() + validMs;
    this.#open.set(keyOf(challenge), { userId, method, proven, expiresAtMs, triesLeft: tries });
    keepNewest(this.#open, bound);
    return { challenge, expiresAtMs };
  }

  /** Whose it is; counts a try. @throws LINK_EXPIRED */
  try(challenge: string): Challenge {
    const key = keyOf(challenge);
    const found = this.#open.get(key);
    if (found === undefined || found.expiresAtMs < this.#clock.now() || found.triesLeft === 0) {
      this.#open.delete(key);
      throw new AppError('LINK_EXPIRED', 'this sign-in took too long or had too many wrong codes', {
        hint: 'Sign in again with e-mail address and password.',
      });
    }
    found.triesLeft--;
    return found;
  }

  done(challenge: string): void {
    this.#open.delete(keyOf(challenge));
  }
}

function keyOf(challenge: string): string {
  return Buffer.from(hashSecret(challenge)).toString('base64');
}
