import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentIdentity } from '../wire/agent-identity.ts';
import { readIdentity } from '../wire/agent-identity.ts';

/**
 * The identity under which a short command talks to the server: that of the agent whose state directory it is, which may run
 * meanwhile (so no instance is named), else one that is made for the visit.
 */
export async function visitorIdentity(stateDir: string): Promise<Omit<AgentIdentity, 'release'>> {
  try {
    const known = readIdentity(await readFile(join(stateDir, 'identity.json'), 'utf8'));
    return { ...known, instanceId: '' };
  } catch {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    return {
      agentId: `a_${randomBytes(12).toString('hex')}`,
      instanceId: randomBytes(16).toString('hex'),
      privateKey,
      publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    };
  }
}
