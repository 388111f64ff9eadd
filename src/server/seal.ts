import {
  createCipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
} from 'node:crypto';
import { AppError } from '../runtime/errors.ts';
import type { MongodbCredentials, SealedCredentials } from '../wire/agent-messages.ts';

/** SPKI header of an X25519 public key (RFC 8410); the 32 raw bytes follow. */
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * Encrypts credentials to an agent's key; the layout is told at `sealedCredentials` in wire/agent-messages.ts.
 * @throws INPUT_INVALID when the agent's public key is none.
 */
export function sealCredentials(credentials: MongodbCredentials, agentPublicKey: string): SealedCredentials {
  const raw = Buffer.from(agentPublicKey, 'base64');
  if (raw.length !== 32) throw new AppError('INPUT_INVALID', "the agent's public key is not 32 bytes");
  const recipient = createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
  const ephemeral = generateKeyPairSync('x25519');
  const ephemeralRaw = ephemeral.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const shared = diffieHellman({ privateKey: ephemeral.privateKey, publicKey: recipient });
  const key = hkdfSync('sha256', shared, Buffer.concat([ephemeralRaw, raw]), 'leafward credentials v1', 32);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(key), nonce);
  const body = Buffer.concat([cipher.update(JSON.stringify(credentials), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return {
    ephemeralKey: ephemeralRaw.toString('base64'),
    nonce: nonce.toString('base64'),
    ciphertext: body.toString('base64'),
  };
}
