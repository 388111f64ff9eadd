import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { inflatedAsset } from './asset.ts';

/**
 * Starts a worker thread: from its source in development, from the text that the executable holds,
 * where there is no file to start from. `build/bundle.ts` lists the workers by the same names.
 */
export function startWorker(
  name: 'sqlite' | 'vault' | 'scan' | 'query',
  source: URL,
  options: Omit<WorkerOptions, 'eval'> = {},
): Worker {
  if (!isSea()) return new Worker(fileURLToPath(source), options);
  return new Worker(inflatedAsset(`workers/${name}.cjs`).toString('latin1'), { ...options, eval: true });
}
