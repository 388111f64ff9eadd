import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

interface NewSecret {
  readonly id: string;
  /** Shown once: `lfw_<id>_<256 random bits>`. */
  readonly secret: string;
  readonly hash: Uint8Array;
}

/** Makes an agent key (lfw) or an API token (lft). Only its SHA-256 is kept: 256 random bits need no slow hash. */
export function newSecret(prefix: 'lfw' | 'lft'): NewSecret {
  const id = randomBytes(9).toString('hex');
  const secret = `${prefix}_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, secret, hash: hashSecret(secret) };
}

/** The id inside a key or token, or undefined when it is not one. */
export function secretId(prefix: 'lfw' | 'lft', secret: string): string | undefined {
  const match = /^(lfw|lft)_([0-9a-f]{8,40})_[A-Za-z0-9_-]{43}$/.exec(secret);
  return match?.[1] === prefix ? match[2] : undefined;
}

export function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest();
}

/** Constant time, whatever is compared. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** A one-time link's or session's token: 256 random bits. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}
