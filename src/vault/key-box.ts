import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { AppError } from '../runtime/errors.ts';
import type { StoredGroupKey, VaultMetadata } from './metadata-ports.ts';

/** Keys of a group, as they are used. */
export interface GroupKeys {
  readonly block: Buffer;
  /** Encryption of packs and segments; null: they are not encrypted. */
  readonly data: Buffer | null;
}

/** A wrapped key: "LWK", 00 and the key as it is, or 01, fingerprint of the master key (8 bytes), nonce (12), ciphertext, tag (16). */
const magic = Buffer.from('LWK', 'latin1');
const form = { plain: 0x00, aes256Gcm: 0x01 } as const;
const keyBytes = 32;
const fingerprintBytes = 8;
const nonceBytes = 12;
const tagBytes = 16;

/** Keys of groups: made at first use, kept in the store, wrapped by the master key where there is one. */
export class KeyBox {
  readonly #metadata: VaultMetadata;
  readonly #master: Buffer | null;
  readonly #makesKeys: boolean;
  readonly #opened = new Map<string, GroupKeys>();

  /** `master`: 32 bytes; null: nothing is encrypted. `makesKeys`: of groups that have none. */
  constructor(metadata: VaultMetadata, master: Buffer | null, { makesKeys }: { readonly makesKeys: boolean }) {
    if (master !== null && master.length !== keyBytes)
      throw new AppError(
        'SETTINGS_INVALID',
        `the master key of the backup store has ${master.length} bytes, not ${keyBytes}`,
      );
    this.#metadata = metadata;
    this.#master = master;
    this.#makesKeys = makesKeys;
  }

  /** @throws STORE_KEY_WRONG when the store's keys are wrapped by another master key, or by one and none was given */
  keys(groupId: string): GroupKeys {
    const known = this.#opened.get(groupId);
    if (known !== undefined) return known;
    const stored = this.#metadata.groupKeys(groupId);
    const block = this.#open(stored, 'block') ?? this.#make(groupId, 'block');
    // Of a store that was begun without encryption, what is written from here on is encrypted.
    const encrypts = this.#master !== null && this.#makesKeys;
    const data = this.#open(stored, 'data') ?? (encrypts ? this.#make(groupId, 'data') : null);
    const keys = { block, data };
    this.#opened.set(groupId, keys);
    return keys;
  }

  /** Wraps every key of the store anew, in one transaction. Blocks stay as they are: their keys do not change. */
  rewrap(master: Buffer): number {
    const fresh = this.#metadata.groups().flatMap((groupId) =>
      this.#metadata.groupKeys(groupId).map((stored) => ({
        ...stored,
        wrapped: wrapKey(unwrapKey(stored, this.#master), stored, master),
      })),
    );
    this.#metadata.saveGroupKeys(fresh);
    return fresh.length;
  }

  #open(stored: readonly StoredGroupKey[], purpose: StoredGroupKey['purpose']): Buffer | undefined {
    const found = stored.find((key) => key.purpose === purpose);
    return found === undefined ? undefined : unwrapKey(found, this.#master);
  }

  #make(groupId: string, purpose: StoredGroupKey['purpose']): Buffer {
    if (!this.#makesKeys) throw new AppError('STORE_CORRUPT', `the store has no ${purpose} key of group ${groupId}`);
    const key = randomBytes(keyBytes);
    const name = { groupId, purpose };
    this.#metadata.saveGroupKeys([{ ...name, wrapped: wrapKey(key, name, this.#master) }]);
    return key;
  }
}

/** Fingerprints of the master keys under which keys of the store are wrapped. */
export function wrappedUnder(metadata: VaultMetadata): readonly string[] {
  const found = new Set<string>();
  for (const groupId of metadata.groups()) {
    for (const { wrapped } of metadata.groupKeys(groupId)) {
      if (wrapped[magic.length] !== form.aes256Gcm) continue;
      found.add(wrapped.toString('hex', magic.length + 1, magic.length + 1 + fingerprintBytes));
    }
  }
  return [...found];
}

export function masterFingerprint(master: Buffer): Buffer {
  return createHash('sha256').update('leafward master key').update(master).digest().subarray(0, fingerprintBytes);
}

function wrapKey(key: Buffer, name: Omit<StoredGroupKey, 'wrapped'>, master: Buffer | null): Buffer {
  if (master === null) return Buffer.concat([magic, Buffer.from([form.plain]), key]);
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', master, nonce).setAAD(boundTo(name));
  const sealed = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  return Buffer.concat([magic, Buffer.from([form.aes256Gcm]), masterFingerprint(master), nonce, sealed]);
}

function unwrapKey(stored: StoredGroupKey, master: Buffer | null): Buffer {
  const { wrapped } = stored;
  const body = wrapped.subarray(magic.length + 1);
  if (!wrapped.subarray(0, magic.length).equals(magic)) throw damaged(stored);
  if (wrapped[magic.length] === form.plain && body.length === keyBytes) return Buffer.from(body);
  if (wrapped[magic.length] !== form.aes256Gcm || body.length !== fingerprintBytes + nonceBytes + keyBytes + tagBytes)
    throw damaged(stored);
  const wanted = body.subarray(0, fingerprintBytes);
  if (master === null || !masterFingerprint(master).equals(wanted)) throw wrongMaster(wanted);
  const nonce = body.subarray(fingerprintBytes, fingerprintBytes + nonceBytes);
  const sealed = body.subarray(fingerprintBytes + nonceBytes);
  try {
    const decipher = createDecipheriv('aes-256-gcm', master, nonce).setAAD(boundTo(stored));
    decipher.setAuthTag(sealed.subarray(keyBytes));
    return Buffer.concat([decipher.update(sealed.subarray(0, keyBytes)), decipher.final()]);
  } catch (cause) {
    throw new AppError('STORE_CORRUPT', `the ${stored.purpose} key of group ${stored.groupId} is damaged`, { cause });
  }
}

/** A key cannot be put in the place of another group's or of another use. */
function boundTo({ groupId, purpose }: Omit<StoredGroupKey, 'wrapped'>): Buffer {
  return Buffer.from(`leafward vault key ${purpose} ${groupId}`);
}

function damaged({ purpose, groupId }: StoredGroupKey): AppError {
  return new AppError('STORE_CORRUPT', `the ${purpose} key of group ${groupId} is not in a form that is known`);
}

function wrongMaster(wanted: Buffer): AppError {
  return new AppError(
    'STORE_KEY_WRONG',
    `the backup store is encrypted under the master key with the fingerprint ${wanted.toString('hex')}, which was not given`,
    {
      hint: 'Name that key by masterKeyFile or masterKeyCommand: a copy of its file, or the recovery kit that leafward backup export-recovery-kit wrote.',
    },
  );
}
