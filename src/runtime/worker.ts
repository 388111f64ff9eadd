import { fileURLToPath } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Worker name → its bundle's text, filled in by the bundle (`build/bundle.ts`); not there in development. */
declare const LEAFWARD_WORKERS: Readonly<Record<string, string>> | undefined;

/**
 * Starts a worker thread: from its source in development, from the text that the bundle holds in the executable,
 * where there is no file to start from. `build/bundle.ts` lists the workers by the same names.
 */
export function startWorker(
  name: 'sqlite' | 'vault' | 'scan',
  source: URL,
  options: Omit<WorkerOptions, 'eval'> = {},
): Worker {
  if (typeof LEAFWARD_WORKERS === 'undefined') return new Worker(fileURLToPath(source), options);
  const text = LEAFWARD_WORKERS[name];
  if (text === undefined) throw new Error(`the bundle holds no worker ${name}`);
  return new Worker(text, { ...options, eval: true });
}
