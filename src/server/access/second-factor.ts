import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';
import type { CredentialBox } from './credential-box.ts';
import type { SecondFactorStore, UserRecord } from './ports.ts';
import { hashSecret } from './secret-token.ts';
import { newTotpSecret, stepOfCode } from './totp.ts';

const recoveryCodeCount = 10;
/** Without letters that look alike: 32 of them, so ten are 50 bits. */
const codeLetters = 'abcdefghijkmnpqrstuvwxyz23456789';
const setupMs = 10 * 60_000;
const pendingBound = 1000;

const content = z.object({ secret: z.string(), recoveryHashes: z.array(z.string()) });
type Content = z.infer<typeof content>;

interface Parts {
  readonly accounts: SecondFactorStore;
  readonly box: CredentialBox;
  readonly clock: Clock;
}

/**
 * Second factors: a time-based code (RFC 6238) and ten recovery codes. Secret and hashes rest encrypted under the
 * credential key, which is no part of the database.
 */
export class SecondFactors {
  readonly #parts: Parts;
  /** Secrets that were shown and not yet confirmed, by user. */
  readonly #pending = new Map<string, { readonly secret: Uint8Array; readonly expiresAtMs: number }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A secret to show; it counts when `confirm` was given a code of it. */
  begin(userId: string): { secret: Uint8Array; expiresAtMs: number } {
    const made = { secret: newTotpSecret(), expiresAtMs: this.#parts.clock.now() + setupMs };
    this.#pending.delete(userId);
    this.#pending.set(userId, made);
    keepNewest(this.#pending, pendingBound);
    return made;
  }

  /** Switches it on; gives back the recovery codes. @throws INPUT_INVALID, CONFLICT */
  async confirm(userId: string, code: string): Promise<readonly string[]> {
    const now = this.#parts.clock.now();
    const pending = this.#pending.get(userId);
    if (pending === undefined || pending.expiresAtMs < now) {
      throw new AppError('CONFLICT', 'the set-up of the second factor was not begun, or took longer than ten minutes', {
        hint: 'Begin it again: a new secret is shown then.',
      });
    }
    const step = stepOfCode(pending.secret, plainCode(code), now);
    if (step === undefined) throw codeWrong('INPUT_INVALID');
    this.#pending.delete(userId);
    const codes = newRecoveryCodes();
    const sealed = this.#seal(userId, {
      secret: Buffer.from(pending.secret).toString('base64'),
      recoveryHashes: codes.map(hashOf),
    });
    await this.#parts.accounts.setSecondFactor(userId, { sealed, sinceMs: now, lastStep: step });
    return codes;
  }

  /**
   * Takes a code of the app or a recovery code; each counts once. Gives back how many recovery codes are left when one
   * was used. @throws SIGN_IN_REFUSED
   */
  async check(user: UserRecord, code: string): Promise<{ recoveryCodesLeft: number | null }> {
    const { secondFactor } = user;
    if (secondFactor === null) throw codeWrong('SIGN_IN_REFUSED');
    const { secret, recoveryHashes } = this.#open(user.id, secondFactor.sealed);
    if (isAppCode(code)) {
      const step = stepOfCode(Buffer.from(secret, 'base64'), plainCode(code), this.#parts.clock.now());
      if (step !== undefined && (await this.#parts.accounts.useStep(user.id, step))) return { recoveryCodesLeft: null };
      throw codeWrong('SIGN_IN_REFUSED');
    }
    const left = recoveryHashes.filter((hash) => hash !== hashOf(code));
    if (left.length === recoveryHashes.length) throw codeWrong('SIGN_IN_REFUSED');
    const sealed = this.#seal(user.id, { secret, recoveryHashes: left });
    // Of two with one code the second finds another text in the store.
    if (!(await this.#parts.accounts.replaceSealed(user.id, secondFactor.sealed, sealed)))
      throw codeWrong('SIGN_IN_REFUSED');
    return { recoveryCodesLeft: left.length };
  }

  /** New ones; the old ones are void. @throws CONFLICT */
  async newRecoveryCodes(user: UserRecord): Promise<readonly string[]> {
    if (user.secondFactor === null) throw new AppError('CONFLICT', 'this account has no second factor');
    const { sealed: before } = user.secondFactor;
    const codes = newRecoveryCodes();
    const sealed = this.#seal(user.id, { ...this.#open(user.id, before), recoveryHashes: codes.map(hashOf) });
    if (await this.#parts.accounts.replaceSealed(user.id, before, sealed)) return codes;
    throw new AppError('CONFLICT', 'the second factor was changed at the same time', { retryable: true });
  }

  recoveryCodesLeft({ id, secondFactor }: UserRecord): number | null {
    return secondFactor === null ? null : this.#open(id, secondFactor.sealed).recoveryHashes.length;
  }

  #seal(userId: string, value: Content): Uint8Array {
    return this.#parts.box.encrypt(JSON.stringify(value), `second factor ${userId}`);
  }

  #open(userId: string, sealed: Uint8Array): Content {
    return content.parse(JSON.parse(this.#parts.box.decrypt(sealed, `second factor ${userId}`)));
  }
}

function newRecoveryCodes(): readonly string[] {
  const letters = (count: number) =>
    Array.from({ length: count }, () => codeLetters[randomInt(codeLetters.length)]).join('');
  return Array.from({ length: recoveryCodeCount }, () => `${letters(5)}-${letters(5)}`);
}

/** Six digits; anything else is meant as a recovery code. */
export function isAppCode(code: string): boolean {
  return /^\d{6}$/.test(plainCode(code));
}

/** People type blanks and dashes where they see them. */
function plainCode(code: string): string {
  return code.toLowerCase().replace(/[\s-]/g, '');
}

function hashOf(code: string): string {
  return Buffer.from(hashSecret(plainCode(code))).toString('base64');
}

function codeWrong(code: 'INPUT_INVALID' | 'SIGN_IN_REFUSED'): AppError {
  return new AppError(code, 'the code is wrong, or was used already', {
    hint: 'Type the newest code of the app, and check the clock of the telephone; or use a recovery code.',
    ...(code === 'INPUT_INVALID' && { details: { field: 'code' } }),
  });
}
