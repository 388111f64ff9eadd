import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { endChild, startChild } from './child-process.ts';

export interface FakeServer extends AsyncDisposable {
  readonly url: string;
  /** What it took so far. */
  numbers(): { readonly samples: number; readonly values: number };
}

/** A process of its own that takes samples and says so, so that its CPU does not count for the agent under measurement. */
export async function startFakeServer(
  watch: { intervalMs?: number; hosts?: readonly string[] } = {},
): Promise<FakeServer> {
  const program = join(import.meta.dirname, 'fake-server-main.ts');
  const child: ChildProcess = startChild(
    process.execPath,
    [program, String(watch.intervalMs ?? 1000), ...(watch.hosts ?? [])],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  if (child.stdout === null) throw new Error('the fake server has no output');
  const lines = createInterface({ input: child.stdout });
  const [first] = (await once(lines, 'line')) as [string];
  let told = { samples: 0, values: 0 };
  lines.on('line', (line: string) => {
    told = JSON.parse(line);
  });
  return {
    url: first,
    numbers: () => told,
    async [Symbol.asyncDispose]() {
      lines.close();
      await endChild(child, 'SIGTERM');
    },
  };
}
