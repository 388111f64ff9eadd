import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../runtime/errors.ts';

/**
 * Reads what to look after from its standard input, which closes when the program that holds the other end is gone, however
 * it went: then what is still on the list is ended and removed. $1 is the folder to remove, or empty.
 */
const guardScript = `
pids=" "
while read -r word pid; do
  case $word in
    add) pids="$pids$pid " ;;
    drop)
      rest=" "
      for one in $pids; do [ "$one" = "$pid" ] || rest="$rest$one "; done
      pids=$rest
      ;;
  esac
done
for pid in $pids; do kill -9 "$pid" 2>/dev/null; done
if [ -n "$1" ]; then rm -rf -- "$1" || { sleep 1; rm -rf -- "$1"; }; fi
`;

/** Child processes that never outlive this one, also when it is killed. */
export interface ChildGuard {
  /** In a process group of its own: Ctrl-C reaches this program alone, which ends its children in order. */
  start(command: string, args: readonly string[], options: SpawnOptions): Promise<ChildProcess>;
  /** The guard ends by itself when all is closed; removes the folder. */
  close(): Promise<void>;
}

export function startChildGuard(removeAtEnd?: string): ChildGuard {
  const guard = spawn('/bin/sh', ['-c', guardScript, 'leafward-guard', removeAtEnd ?? ''], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: process.env['PATH'] },
  });
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  return {
    async start(command, args, options) {
      const child = spawn(command, [...args], { ...options, detached: true });
      await started(child, command);
      guard.stdin.write(`add ${child.pid}\n`);
      child.once('exit', () => guard.stdin.writable && guard.stdin.write(`drop ${child.pid}\n`));
      return child;
    },
    async close() {
      if (guard.exitCode !== null || guard.signalCode !== null || guard.pid === undefined) return;
      const gone = once(guard, 'exit');
      guard.stdin.end();
      await Promise.race([gone, delay(10_000, undefined, { ref: false })]);
    },
  };
}

async function started(child: ChildProcess, command: string): Promise<void> {
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('NOT_FOUND', `${command} cannot be started: ${why}`, { cause });
  }
}

/** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
export async function endChild(child: ChildProcess, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  try {
    await gone;
  } finally {
    clearTimeout(timer);
  }
}
