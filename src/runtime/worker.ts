import { getAsset, isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * Starts a worker thread: from its source in development, from the text that the executable holds,
 * where there is no file to start from. `build/bundle.ts` lists the workers by the same names.
 */
export function startWorker(
  name: 'sqlite' | 'vault' | 'scan',
  source: URL,
  options: Omit<WorkerOptions, 'eval'> = {},
): Worker {
  if (!isSea()) return new Worker(fileURLToPath(source), options);
  return new Worker(getAsset(`workers/${name}.cjs`, 'utf8'), { ...options, eval: true });
}
