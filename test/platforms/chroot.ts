import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ownNamespaces, systemEnvironment } from './base-system.ts';

export interface CommandOutcome {
  readonly status: number | NodeJS.Signals;
  /** Both outputs. */
  readonly output: string;
}

/** A system of its own on this machine's network. Its processes and mounts end with the scope, at the latest with this process. */
export interface Chroot extends AsyncDisposable {
  /** Runs a shell command as root. */
  run(command: string, timeoutMs?: number): Promise<CommandOutcome>;
  /** The same; gives back the output. @throws Error when the status is not 0 */
  must(command: string, timeoutMs?: number): Promise<string>;
  /** A path inside as it is seen from outside. */
  write(path: string, content: string | Uint8Array): void;
  read(path: string): string;
}

/**
 * Opens a copy of a base system: what is written goes to a folder beside it (overlayfs). One process holds its namespaces: it
 * reads its input, and ends when that closes, so that nothing is left behind however this process ends.
 */
export async function openChroot(base: string): Promise<Chroot> {
  // Links would be followed outside of the holder's mounts.
  const scratch = mkdtempSync(`${realpathSync(base)}.run-`);
  const system = join(scratch, 'system');
  for (const name of ['upper', 'work', 'system']) mkdirSync(join(scratch, name));
  const setUp = [
    'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/system"',
    'mount -t proc proc "$2/system/proc"',
    'mount --rbind /dev "$2/system/dev"',
    'mount -t tmpfs tmpfs "$2/system/run"',
    'echo ready',
    // As the first process of its namespace the shell also collects the daemons that end; cat waits for the end of the input.
    'exec 3<&0',
    '{ cat <&3 >/dev/null & wait $!; }',
  ].join(' && ');
  const args = [...ownNamespaces, 'sh', '-c', setUp, 'sh', base, scratch];
  const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'], env: systemEnvironment() });
  const ended = once(holder, 'exit');
  const close = async (): Promise<void> => {
    holder.stdin.end();
    await ended;
    rmSync(scratch, { recursive: true, force: true });
  };
  const [first] = (await Promise.race([once(holder.stdout, 'data'), ended])) as [unknown];
  if (!Buffer.isBuffer(first)) {
    await close();
    throw new Error('the system could not be mounted: see above');
  }
  const run = (command: string, timeoutMs = 120_000): Promise<CommandOutcome> =>
    outcomeOf(enter(holder.pid ?? 0, system, command), timeoutMs);
  const must = async (command: string, timeoutMs?: number): Promise<string> => {
    const { status, output } = await run(command, timeoutMs);
    if (status !== 0) throw new Error(`${command}: ${status}\n${output}`);
    return output;
  };
  // Through the holder's own root: another process does not see its mounts.
  const outside = (path: string): string => join('/proc', String(holder.pid), 'root', system, path);
  try {
    writeFileSync(outside('/etc/resolv.conf'), readFileSync('/etc/resolv.conf'));
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    run,
    must,
    write(path, content) {
      mkdirSync(dirname(outside(path)), { recursive: true });
      writeFileSync(outside(path), content);
    },
    read: (path) => readFileSync(outside(path), 'utf8'),
    [Symbol.asyncDispose]: close,
  };
}

function enter(holder: number, system: string, command: string): ChildProcess {
  const spaces = [`--mount=/proc/${holder}/ns/mnt`, `--pid=/proc/${holder}/ns/pid_for_children`];
  return spawn('nsenter', [...spaces, 'chroot', system, '/bin/sh', '-c', command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: systemEnvironment(),
    cwd: '/',
  });
}

/** A daemon that the command started may hold its outputs open: it has ended when it exits, not when they close. */
async function outcomeOf(child: ChildProcess, timeoutMs: number): Promise<CommandOutcome> {
  const parts: Buffer[] = [];
  child.stdout?.on('data', (part: Buffer) => parts.push(part));
  child.stderr?.on('data', (part: Buffer) => parts.push(part));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  clearTimeout(timer);
  await new Promise((resolve) => setImmediate(resolve));
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { status: status ?? signal ?? 'SIGKILL', output: Buffer.concat(parts).toString() };
}
