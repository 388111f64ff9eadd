import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomically } from '../runtime/atomic-file.ts';

const stored = z.object({
  /** By host id: the newest sample of the past that the server has, and whether that was all. */
  hosts: z.record(z.string(), z.object({ sentToMs: z.number(), done: z.boolean() })),
});
type Progress = z.output<typeof stored>['hosts'][string];

/** Remembers in the state directory whose past was sent, and how far. One host at a time: `alone` makes others wait. */
export class PastBook {
  readonly #path: string;
  #hosts: Record<string, Progress> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.#path = path;
  }

  async progress(hostId: string): Promise<Progress> {
    this.#hosts ??= await readHosts(this.#path);
    return this.#hosts[hostId] ?? { sentToMs: 0, done: false };
  }

  async note(hostId: string, progress: Progress): Promise<void> {
    this.#hosts ??= await readHosts(this.#path);
    this.#hosts[hostId] = progress;
    await writeFileAtomically(this.#path, `${JSON.stringify({ hosts: this.#hosts })}\n`, 0o600);
  }

  async alone(work: () => Promise<void>): Promise<void> {
    const before = this.#last;
    const mine = before.then(work);
    this.#last = mine.catch(() => undefined);
    await mine;
  }
}

/** A file that is not there or cannot be read means that nothing was sent: the server takes nothing twice. */
async function readHosts(path: string): Promise<Record<string, Progress>> {
  try {
    return stored.parse(JSON.parse(await readFile(path, 'utf8'))).hosts;
  } catch {
    return {};
  }
}
