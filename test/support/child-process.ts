import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) kill(child, 'SIGKILL');
});

/**
 * Starts a process that cannot outlive this one: an exit hook kills it by its pid, and on Linux the kernel does
 * (PR_SET_PDEATHSIG by util-linux' setpriv, which keeps the pid) when this process is itself killed.
 */
export function startChild(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
  const guard = findOnPath('setpriv');
  const child =
    guard === undefined || process.platform !== 'linux'
      ? spawn(command, [...args], options)
      : spawn(guard, ['--pdeathsig', 'KILL', '--', command, ...args], options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

/** Ends a child by a signal, and by SIGKILL when it has not ended after `graceMs`; resolves when it is gone. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals, graceMs = 60_000): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  kill(child, signal);
  const timer = setTimeout(() => kill(child, 'SIGKILL'), graceMs);
  try {
    await gone;
  } finally {
    clearTimeout(timer);
  }
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  // A stopped process (SIGSTOP) takes SIGTERM only after it goes on.
  if (signal !== 'SIGKILL' && signal !== 'SIGSTOP') child.kill('SIGCONT');
  child.kill(signal);
}

/** The full path of a program, or undefined. */
export function findOnPath(name: string): string | undefined {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // not here: look in the next folder
    }
  }
  return undefined;
}
