import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '../runtime/errors.ts';
import { plainError } from '../runtime/plain-error.ts';
import { releaseBytes } from '../runtime/release-bytes.ts';
import type { VaultLog } from '../vault/engine-parts.ts';
import type { VaultService } from '../vault/ports.ts';
import { type OpenVaultOptions, openVault } from './open-vault.ts';
import { parcel, unpack, type VaultAnswer, type VaultCall } from './vault-rpc.ts';

/** Entry of the vault's thread: it opens the store and answers the calls of vault-thread.ts, many at once. */
const port = parentPort;
if (port === null) throw new AppError('INTERNAL', 'this file runs as a thread');

function post(answer: VaultAnswer): void {
  const { message, transfer } = parcel(answer);
  port?.postMessage(message, transfer);
}

const log: VaultLog = {
  info: (message, fields = {}) => post({ kind: 'log', level: 'info', message, fields }),
  warn: (message, fields = {}) => post({ kind: 'log', level: 'warn', message, fields }),
};

async function answer(vault: VaultService, { id, method, args }: VaultCall): Promise<void> {
  try {
    const work = Reflect.get(vault, method) as ((...given: unknown[]) => Promise<unknown>) | undefined;
    if (typeof work !== 'function') throw new AppError('INTERNAL', `the vault has no method ${method}`);
    const given = args.map(unpack);
    try {
      post({ kind: 'result', id, value: await work.apply(vault, given) });
    } finally {
      // They were handed over: what is kept of them is on disk.
      for (const value of given) if (value instanceof Uint8Array) releaseBytes(value);
    }
  } catch (thrown) {
    post({ kind: 'error', id, error: plainError(thrown) });
  }
}

async function main(): Promise<void> {
  try {
    const vault = await openVault({ ...(workerData as OpenVaultOptions), log });
    port?.on('message', (call: VaultCall) => {
      if (call.method !== 'close') void answer(vault, call);
      else void vault.close().finally(() => port?.close());
    });
    post({ kind: 'ready' });
  } catch (thrown) {
    post({ kind: 'failed to open', error: plainError(thrown) });
  }
}

void main();
