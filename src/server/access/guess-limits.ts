import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { clientNetwork } from './client-network.ts';
import type { GuessCounter } from './guess-counter.ts';
import type { KnownNetworkStore, SessionRecord } from './ports.ts';
import { RateSketch } from './rate-sketch.ts';
import { Waits } from './waits.ts';

/** A proof that was counted as wrong before it is looked at. */
export interface Guess {
  /** From a network where this login was right before. */
  readonly known: boolean;
  right(): void;
  takeBack(): void;
}

type Counted = readonly (readonly [GuessCounter, string])[];

const minute = 60_000;
const day = 86_400_000;
/** How long a network counts as known without another sign-in. */
export const knownNetworkMs = 180 * day;
const waits = { free: 5, firstWaitMs: 1000, longestWaitMs: 15 * minute, bound: 10_000 };
/** Directories lock accounts of their own, often after ten failures in half an hour: ours come first. */
const directoryWaits = { free: 3, firstWaitMs: minute, longestWaitMs: 15 * minute, bound: 10_000 };

/**
 * How often a proof may be wrong. Guesses at a login are counted for each network apart; those from networks where the login
 * was never right also all together. So guessers elsewhere, however many, are bounded and keep nobody out who comes from where they
 * signed in before. docs/security.md has the bounds.
 */
export class GuessLimits {
  readonly #clock: Clock;
  readonly #store: KnownNetworkStore;
  /** Apart from the others: strangers cannot push these out. */
  readonly #known: Waits;
  readonly #unknown: Waits;
  readonly #knownInDirectory: Waits;
  readonly #unknownInDirectory: Waits;
  readonly #sessions: Waits;
  readonly #resets: Waits;
  readonly #elsewhere: RateSketch;
  readonly #elsewhereInDirectory: RateSketch;
  readonly #networks: RateSketch;
  readonly #codes: RateSketch;

  constructor(store: KnownNetworkStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.#known = new Waits(clock, waits);
    this.#unknown = new Waits(clock, waits);
    this.#knownInDirectory = new Waits(clock, directoryWaits);
    this.#unknownInDirectory = new Waits(clock, directoryWaits);
    this.#sessions = new Waits(clock, waits);
    this.#resets = new Waits(clock, waits);
    this.#elsewhere = new RateSketch(clock, { burst: 50, everyMs: 10 * minute, slots: 2 ** 16 });
    this.#elsewhereInDirectory = new RateSketch(clock, { burst: 4, everyMs: 10 * minute, slots: 2 ** 14 });
    this.#networks = new RateSketch(clock, { burst: 20, everyMs: 2 * minute, slots: 2 ** 14 });
    this.#codes = new RateSketch(clock, { burst: 10, everyMs: 60 * minute, slots: 2 ** 12 });
  }

  /** At a password that this server keeps. @throws TOO_MANY_ATTEMPTS */
  async password(login: string, ip: string): Promise<Guess> {
    const network = clientNetwork(ip);
    const pair = pairOf(login, network);
    if (await this.#isKnown(login, network)) return this.#guess([[this.#known, pair]], true);
    return this.#guess([
      [this.#unknown, pair],
      [this.#elsewhere, login],
      [this.#networks, network],
    ]);
  }

  /**
   * At a password that a directory keeps: before it is asked by the name that was typed (`entry` undefined), and again for the
   * entry that it found, which may have many names. @throws TOO_MANY_ATTEMPTS
   */
  async directory(login: string, ip: string, entry?: string): Promise<Guess> {
    const network = clientNetwork(ip);
    const whose = entry === undefined ? `name ${sameName(login)}` : `entry ${sameName(entry)}`;
    const pair = pairOf(whose, network);
    if (await this.#isKnown(sameName(login), network)) return this.#guess([[this.#knownInDirectory, pair]], true);
    return this.#guess([
      [this.#unknownInDirectory, pair],
      [this.#elsewhereInDirectory, whose],
      ...(entry === undefined ? ([[this.#networks, network]] as const) : []),
    ]);
  }

  /** At the six digits of an app: few to guess, so bounded for the account wherever it comes from. @throws TOO_MANY_ATTEMPTS */
  code(userId: string, ip: string): Guess {
    return this.#guess([
      [this.#codes, userId],
      [this.#networks, clientNetwork(ip)],
    ]);
  }

  /** At a recovery code, 50 bits: it lets its owner in while another uses up the guesses at codes. @throws TOO_MANY_ATTEMPTS */
  recoveryCode(userId: string, ip: string): Guess {
    const network = clientNetwork(ip);
    return this.#guess([
      [this.#unknown, pairOf(userId, network)],
      [this.#networks, network],
    ]);
  }

  /** Somebody who is signed in proves it again. @throws TOO_MANY_ATTEMPTS */
  again({ id }: SessionRecord): Guess {
    return this.#guess([[this.#sessions, id]]);
  }

  /** A link to a new password, asked for from there or sent to this user: every asking counts. @throws TOO_MANY_ATTEMPTS */
  reset(whence: { readonly ip: string } | { readonly userId: string }): void {
    this.#guess([[this.#resets, 'ip' in whence ? `from ${clientNetwork(whence.ip)}` : `of ${whence.userId}`]]);
  }

  /** A sign-in succeeded: a guesser elsewhere does not keep this login out of there any more. */
  async remember(login: string, ip: string): Promise<void> {
    await this.#store.rememberNetwork(sameName(login), clientNetwork(ip), this.#clock.now());
  }

  #isKnown(login: string, network: string): Promise<boolean> {
    return this.#store.knowsNetwork(login, network, this.#clock.now() - knownNetworkMs);
  }

  #guess(counted: Counted, known = false): Guess {
    const now = this.#clock.now();
    const until = Math.max(...counted.map(([counter, key]) => counter.blockedUntilMs(key)));
    if (until > now) throw tooMany(until - now);
    for (const [counter, key] of counted) counter.count(key);
    return {
      known,
      right: () => {
        for (const [counter, key] of counted) counter.right(key);
      },
      takeBack: () => {
        for (const [counter, key] of counted) counter.takeBack(key);
      },
    };
  }
}

function pairOf(whose: string, network: string): string {
  return `${network} ${whose}`;
}

/** Directories compare names without regard to case, width and spaces: RFC 4518. */
function sameName(name: string): string {
  return name.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim();
}

function tooMany(waitMs: number): AppError {
  const seconds = Math.ceil(waitMs / 1000);
  return new AppError('TOO_MANY_ATTEMPTS', `too many failed attempts: wait ${seconds} s`, {
    retryable: true,
    details: { retryAfterSeconds: seconds },
  });
}
