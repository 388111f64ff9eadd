import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { AppError } from '../runtime/errors.ts';

/**
 * Public keys and detached signatures as minisign writes them (https://jedisct1.github.io/minisign/), with Node's own
 * Ed25519, so that neither side needs a tool that the other one has.
 */
const pureAlgorithm = Buffer.from('Ed');
/** Over the BLAKE2b-512 of the file. */
const hashedAlgorithm = Buffer.from('ED');
/** DER before the 32 bytes of an Ed25519 public key (RFC 8410). */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export interface PublicKey {
  /** 16 hex digits in capitals, as minisign prints it. */
  readonly id: string;
  readonly key: KeyObject;
}

/** The public half of a private or public Ed25519 key. @throws SETTINGS_INVALID for another kind of key. */
export function publicKeyOf(key: KeyObject): PublicKey {
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new AppError(
      'SETTINGS_INVALID',
      `the signing key is ${key.asymmetricKeyType ?? 'not a key pair'}, wanted is Ed25519`,
      {
        hint: 'Make one: openssl genpkey -algorithm ed25519 -out release.key',
      },
    );
  }
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return { id: idText(idBytes(rawBytes(publicKey))), key: publicKey };
}

/** One line of base64: `Ed`, key id, key. */
export function encodePublicKey({ id, key }: PublicKey): string {
  return Buffer.concat([pureAlgorithm, idFromText(id), rawBytes(key)]).toString('base64');
}

/**
 * Keys of a file by their id: one a line, comments (`#`, `untrusted comment:`) and empty lines skipped. `name` is the
 * file's, for messages. @throws SETTINGS_INVALID names the line.
 */
export function parsePublicKeys(text: string, name: string): Map<string, KeyObject> {
  const keys = new Map<string, KeyObject>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('untrusted comment:')) continue;
    const bytes = Buffer.from(line, 'base64');
    if (bytes.length !== 42 || !bytes.subarray(0, 2).equals(pureAlgorithm)) {
      throw new AppError('SETTINGS_INVALID', `${name}, line ${index + 1}: this is not a public key`, {
        hint: 'A key is the line of base64 in a minisign.pub file; it begins with RW.',
      });
    }
    const der = Buffer.concat([spkiPrefix, bytes.subarray(10)]);
    keys.set(idText(bytes.subarray(2, 10)), createPublicKey({ key: der, format: 'der', type: 'spki' }));
  }
  return keys;
}

/** A `.minisig` file for `content`. `trustedComment` is signed too, and has no line breaks. */
export function signDetached(content: Uint8Array, privateKey: KeyObject, trustedComment: string): string {
  const { id } = publicKeyOf(privateKey);
  const signature = sign(null, createHash('blake2b512').update(content).digest(), privateKey);
  const global = sign(null, Buffer.concat([signature, Buffer.from(trustedComment)]), privateKey);
  return [
    `untrusted comment: signature of Leafward, key ${id}`,
    Buffer.concat([hashedAlgorithm, idFromText(id), signature]).toString('base64'),
    `trusted comment: ${trustedComment}`,
    global.toString('base64'),
    '',
  ].join('\n');
}

/** The trusted comment of a signature that one of these keys made over `content`; undefined when none did. */
export function verifyDetached(
  content: Uint8Array,
  signatureFile: string,
  keys: ReadonlyMap<string, KeyObject>,
): string | undefined {
  const [, first = '', comment = '', last = ''] = signatureFile.split(/\r?\n/);
  const bytes = Buffer.from(first, 'base64');
  const commentStart = 'trusted comment: ';
  if (bytes.length !== 74 || !comment.startsWith(commentStart)) return undefined;
  const key = keys.get(idText(bytes.subarray(2, 10)));
  if (key === undefined) return undefined;
  const [algorithm, signature] = [bytes.subarray(0, 2), bytes.subarray(10)];
  const hashed = algorithm.equals(hashedAlgorithm);
  if (!hashed && !algorithm.equals(pureAlgorithm)) return undefined;
  const signed = hashed ? createHash('blake2b512').update(content).digest() : content;
  const trusted = comment.slice(commentStart.length);
  const global = Buffer.concat([signature, Buffer.from(trusted)]);
  if (!verify(null, signed, key, signature) || !verify(null, global, key, Buffer.from(last, 'base64')))
    return undefined;
  return trusted;
}

function rawBytes(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
}

function idBytes(raw: Buffer): Buffer {
  return createHash('sha256').update(raw).digest().subarray(0, 8);
}

/** minisign prints the 8 bytes as a little-endian number. */
function idText(bytes: Buffer): string {
  return Buffer.from(bytes).reverse().toString('hex').toUpperCase();
}

function idFromText(id: string): Buffer {
  return Buffer.from(id, 'hex').reverse();
}
