import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../runtime/atomic-file.ts';
import { AppError } from '../runtime/errors.ts';
import { takeLock } from '../runtime/lock-file.ts';

export interface AgentIdentity {
  readonly agentId: string;
  /** Made at every start. */
  readonly instanceId: string;
  readonly privateKey: KeyObject;
  /** Raw X25519 key, 32 bytes. */
  readonly publicKey: Buffer;
  /** Lets another process use the state directory. */
  readonly release: () => void;
}

const stored = z.object({ agentId: z.string().regex(/^a_[0-9a-f]{24}$/), privateKey: z.string() });

/**
 * Reads or makes this agent's identity in its state directory (0700; identity.json 0600) and holds the directory.
 * @param waiting what a full disk does not take away, in words
 * @throws CONFLICT while another agent holds it, SETTINGS_INVALID when it cannot be written, STORE_FULL.
 */
export async function openIdentity(
  stateDir: string,
  waiting = 'samples that wait there are kept',
): Promise<AgentIdentity> {
  await makeFolder(stateDir, waiting);
  const release = await hold(stateDir, waiting);
  try {
    const { agentId, privateKey } = await readOrMake(stateDir, waiting);
    const publicKey = rawPublicKey(privateKey);
    return { agentId, instanceId: randomBytes(16).toString('hex'), privateKey, publicKey, release };
  } catch (thrown) {
    release();
    throw thrown;
  }
}

async function makeFolder(stateDir: string, waiting: string): Promise<void> {
  try {
    await mkdir(stateDir, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw unwritable(stateDir, waiting, 'make', cause);
  }
}

async function hold(stateDir: string, waiting: string): Promise<() => void> {
  try {
    return await takeLock(join(stateDir, 'lock'));
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'CONFLICT') {
      throw new AppError('CONFLICT', `another agent uses the state directory ${stateDir}: ${thrown.message}`, {
        cause: thrown,
        hint: 'Stop it, or give this one its own stateDir.',
      });
    }
    throw unwritable(stateDir, waiting, 'write into', thrown);
  }
}

function unwritable(stateDir: string, waiting: string, what: string, cause: unknown): AppError {
  if (cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')) {
    return new AppError('STORE_FULL', `the disk of the state directory ${stateDir} is full`, {
      cause,
      hint: `Free disk space there, then start the agent again: ${waiting}.`,
    });
  }
  return new AppError('SETTINGS_INVALID', `cannot ${what} the state directory ${stateDir}: ${String(cause)}`, {
    cause,
    hint: 'Name a folder that this user may write, as stateDir.',
  });
}

/** Reads the text of identity.json. Throws whatever is wrong with it. */
export function readIdentity(text: string): { agentId: string; privateKey: KeyObject; publicKey: Buffer } {
  const { agentId, privateKey: pem } = stored.parse(JSON.parse(text));
  const privateKey = createPrivateKey(pem);
  return { agentId, privateKey, publicKey: rawPublicKey(privateKey) };
}

function rawPublicKey(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
}

async function readOrMake(stateDir: string, waiting: string): Promise<{ agentId: string; privateKey: KeyObject }> {
  const path = join(stateDir, 'identity.json');
  let text: string | undefined;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')) throw thrown;
  }
  if (text !== undefined) {
    try {
      return readIdentity(text);
    } catch (cause) {
      throw new AppError('FORMAT_INVALID', `${path} is damaged`, {
        cause,
        hint: 'Remove the file: the agent then gets a new identity, which an owner approves again.',
      });
    }
  }
  const { privateKey } = generateKeyPairSync('x25519');
  const agentId = `a_${randomBytes(12).toString('hex')}`;
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  try {
    await writeFileAtomically(path, `${JSON.stringify({ agentId, privateKey: pem })}\n`, 0o600);
  } catch (thrown) {
    throw unwritable(stateDir, waiting, 'write into', thrown);
  }
  return { agentId, privateKey };
}
