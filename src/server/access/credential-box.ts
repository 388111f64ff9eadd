import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../../runtime/atomic-file.ts';
import { AppError } from '../../runtime/errors.ts';

/** Encrypts what must be read back later: MongoDB passwords, webhook secrets. */
export interface CredentialBox {
  /** `bound` (group and host id) is authenticated: a row copied elsewhere does not open. */
  encrypt(plain: string, bound: string): Uint8Array;
  /** @throws STORE_CORRUPT when the key file is not the one that it was encrypted under. */
  decrypt(sealed: Uint8Array, bound: string): string;
  /** Sixteen hex digits that tell equal texts without telling the text: a hash under a key of its own, derived from the box's. */
  mark(text: string): string;
}

/**
 * AES-256-GCM under the key in `path` (made at first use, 0600): byte 1, 12 bytes nonce, 16 bytes tag, ciphertext.
 * The file is kept apart from the database, so that a copied database alone tells no password.
 */
export async function openCredentialBox(path: string): Promise<CredentialBox> {
  const key = await loadOrCreateKey(path);
  const markKey = Buffer.from(hkdfSync('sha256', key, '', 'leafward mark', 32));
  return {
    mark: (text) => createHmac('sha256', markKey).update(text).digest('hex').slice(0, 16),
    encrypt(plain, bound) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(bound));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(1), nonce, cipher.getAuthTag(), body]);
    },
    decrypt(sealed, bound) {
      const bytes = Buffer.from(sealed);
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(1, 13));
        decipher.setAAD(Buffer.from(bound)).setAuthTag(bytes.subarray(13, 29));
        return Buffer.concat([decipher.update(bytes.subarray(29)), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw new AppError('STORE_CORRUPT', `stored credentials cannot be read with the key in ${path}`, {
          cause,
          hint: 'Put the key file back that belongs to this data directory, or type the passwords again.',
        });
      }
    },
  };
}

async function loadOrCreateKey(path: string): Promise<Buffer> {
  try {
    const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'base64');
    if (key.length === 32) return key;
    throw new AppError('STORE_CORRUPT', `${path} does not hold a key of 32 bytes`);
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
  }
  const key = randomBytes(32);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, `${key.toString('base64')}\n`, 0o600);
  return key;
}
