import { createCipheriv, createDecipheriv, createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { AppError } from '../../runtime/errors.ts';

/** A group's key for what rests on disk: 32 bytes for AES-256-GCM. Numbers begin at 1 and are never used for another key. */
export interface DataKey {
  readonly number: number;
  readonly key: Buffer;
}

/** Who knows the keys: the vault unwraps them. Both are called often. */
export interface DataKeys {
  /** What is written now is encrypted with it; undefined: not encrypted. */
  current(): DataKey | undefined;
  /** @throws when the group has no such key or it cannot be unwrapped */
  find(number: number): DataKey;
}

export const nonceBytes = 12;
export const checkBytes = 16;

export interface SealedBytes {
  /** 0: not encrypted. */
  readonly keyNumber: number;
  /** Random; zeros where nothing is encrypted. */
  readonly nonce: Buffer;
  /** The tag of AES-256-GCM, or the first 16 bytes of the SHA-256 of `about` and the body. */
  readonly check: Buffer;
  readonly body: Buffer;
}

const plainNonce = Buffer.alloc(nonceBytes);

/**
 * A body as it is written: encrypted under the key, or with a checksum alone. `about` is authenticated with it: what the record says
 * of itself, so that records cannot change places. A random nonce of 96 bits is good for 2^32 bodies under one key (NIST SP 800-38D, 8.3).
 */
export function seal(body: Buffer, about: Buffer, key: DataKey | undefined): SealedBytes {
  if (key === undefined) return { keyNumber: 0, nonce: plainNonce, check: checksum(about, body), body };
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.key, nonce).setAAD(about);
  const encrypted = cipher.update(body);
  cipher.final();
  return { keyNumber: key.number, nonce, check: cipher.getAuthTag(), body: encrypted };
}

/** The body as it was before `seal`. @throws FORMAT_INVALID when a bit of it or of `about` differs */
export function unseal(sealed: SealedBytes, about: Buffer, keys: DataKeys | undefined): Buffer {
  if (sealed.keyNumber === 0) {
    const isWhole = timingSafeEqual(checksum(about, sealed.body), sealed.check);
    if (isWhole && sealed.nonce.equals(plainNonce)) return sealed.body;
    throw new AppError('FORMAT_INVALID', 'its checksum is wrong');
  }
  if (keys === undefined) throw new AppError('STORE_CORRUPT', 'it is encrypted, and no key was given');
  const { key } = keys.find(sealed.keyNumber);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.nonce, { authTagLength: checkBytes });
  decipher.setAAD(about).setAuthTag(sealed.check);
  const body = decipher.update(sealed.body);
  try {
    decipher.final();
  } catch (cause) {
    throw new AppError('FORMAT_INVALID', `its tag is wrong (key ${sealed.keyNumber})`, { cause });
  }
  return body;
}

function checksum(about: Buffer, body: Buffer): Buffer {
  return createHash('sha256').update(about).update(body).digest().subarray(0, checkBytes);
}
