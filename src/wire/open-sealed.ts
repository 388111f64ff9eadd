import { createDecipheriv, createPublicKey, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto';
import { AppError } from '../runtime/errors.ts';
import { type MongodbCredentials, mongodbCredentials, type SealedCredentials } from './agent-messages.ts';

/** SPKI header of an X25519 public key (RFC 8410); the 32 raw bytes follow. */
const spkiPrefix = Buffer.from('302a300506032b656e032100', 'hex');
const tagBytes = 16;

/**
 * Opens credentials that the server sealed to this agent's key; the layout is told at `sealedCredentials`.
 * @throws FORMAT_INVALID when they were sealed to another key or changed on the way.
 */
export function openSealed(sealed: SealedCredentials, privateKey: KeyObject, publicKey: Buffer): MongodbCredentials {
  try {
    const ephemeral = Buffer.from(sealed.ephemeralKey, 'base64');
    const sender = createPublicKey({ key: Buffer.concat([spkiPrefix, ephemeral]), format: 'der', type: 'spki' });
    const shared = diffieHellman({ privateKey, publicKey: sender });
    const key = hkdfSync('sha256', shared, Buffer.concat([ephemeral, publicKey]), 'leafward credentials v1', 32);
    const body = Buffer.from(sealed.ciphertext, 'base64');
    const cipher = createDecipheriv('aes-256-gcm', Buffer.from(key), Buffer.from(sealed.nonce, 'base64'));
    cipher.setAuthTag(body.subarray(-tagBytes));
    const plain = Buffer.concat([cipher.update(body.subarray(0, -tagBytes)), cipher.final()]);
    return mongodbCredentials.parse(JSON.parse(plain.toString('utf8')));
  } catch (cause) {
    throw new AppError(
      'FORMAT_INVALID',
      'the MongoDB login from the server cannot be opened with the key of this agent',
      {
        cause,
        hint: 'Approve the agent again on the Agents page; its state directory may have been replaced.',
      },
    );
  }
}
