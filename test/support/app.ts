import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { endChild, hasEnded, startChild } from './child-process.ts';
import { eventually } from './eventually.ts';

export interface AppOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
}

export interface App extends AsyncDisposable {
  readonly pid: number;
  /** What it wrote so far, colours removed. */
  stdout(): string;
  stderr(): string;
  /** Waits for a line (of either output) that matches and gives back the match; fails at once when the process ends first. */
  line(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>;
  /** Sends a signal without waiting. */
  signal(name: NodeJS.Signals): void;
  /** SIGTERM and wait; SIGKILL after a minute. Resolves with the exit status, or the signal that ended it. */
  stop(): Promise<number | NodeJS.Signals>;
  /** SIGKILL and wait. */
  crash(): Promise<void>;
  /** Waits until it ends by itself. */
  ended(timeoutMs?: number): Promise<number | NodeJS.Signals>;
}

interface CommandResult {
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

const root = join(import.meta.dirname, '..', '..');

/** Command line that runs leafward: the executable that $LEAFWARD_BIN names (as in `make test`), or the sources. */
export function leafwardCommand(): readonly [string, ...string[]] {
  const executable = process.env['LEAFWARD_BIN'];
  if (executable !== undefined && executable !== '') return [resolve(root, executable)];
  return [process.execPath, join(root, 'src', 'main.ts')];
}

/** Starts a leafward command as a process of its own; it ends with the scope (`await using`). */
export function startApp(args: readonly string[], options: AppOptions = {}): App {
  const [command, ...first] = leafwardCommand();
  const child = startChild(command, [...first, ...args], {
    cwd: options.cwd ?? root,
    // Tests may run as root, and then the program would refuse to run for long.
    env: { ...cleanEnvironment(), LEAFWARD_ALLOW_ROOT: 'true', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A process that ends without reading its input is no fault of the test.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const closed = once(child, 'close').then(() => undefined);
  closed.catch(() => {});
  const ended = async (timeoutMs = 180_000): Promise<number | NodeJS.Signals> => {
    await within(closed, timeoutMs, () => `leafward ${args.join(' ')} did not end within ${timeoutMs} ms\n${stderr()}`);
    return child.exitCode ?? child.signalCode ?? 0;
  };
  return {
    pid: child.pid ?? 0,
    stdout,
    stderr,
    line: (pattern, timeoutMs = 180_000) => waitForLine(child, [stdout, stderr], pattern, timeoutMs),
    signal: (name) => void child.kill(name),
    async stop() {
      await endChild(child, 'SIGTERM');
      return ended();
    },
    crash: () => endChild(child, 'SIGKILL'),
    ended,
    async [Symbol.asyncDispose]() {
      await endChild(child, 'SIGTERM');
    },
  };
}

/** Runs a leafward command to its end. */
export async function runApp(
  args: readonly string[],
  options: AppOptions = {},
  timeoutMs = 300_000,
): Promise<CommandResult> {
  await using app = startApp(args, options);
  const status = await app.ended(timeoutMs);
  return { status, stdout: app.stdout(), stderr: app.stderr() };
}

/** Nothing of the developer's own settings, and no proxy, reaches the program under test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => {
    if (/^LEAFWARD_(?!TEST_)/.test(name) || /^NODE_OPTIONS$|^NODE_TEST/.test(name)) return false;
    return !/^(https?|no|all)_proxy$/i.test(name);
  });
  return Object.fromEntries(kept);
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (part: string) => {
    text += part;
  });
  return () => stripVTControlCharacters(text);
}

async function waitForLine(
  child: ChildProcess,
  outputs: readonly (() => string)[],
  pattern: RegExp,
  timeoutMs: number,
): Promise<RegExpExecArray> {
  const search = (): RegExpExecArray | undefined => {
    for (const output of outputs) {
      for (const line of output().split('\n')) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
    }
    return undefined;
  };
  const all = (): string => outputs.map((output) => output()).join('\n--\n');
  const outcome = await eventually(() => search() ?? (hasEnded(child) ? 'ended' : undefined), {
    timeoutMs,
    everyMs: 20,
    what: `a line like ${pattern}`,
  }).catch((thrown: unknown) => {
    throw new Error(`no line like ${pattern} within ${timeoutMs} ms; output:\n${all()}`, { cause: thrown });
  });
  if (outcome !== 'ended') return outcome;
  const last = search();
  if (last !== undefined) return last;
  throw new Error(
    `the process ended with ${child.exitCode ?? child.signalCode} before a line like ${pattern}; output:\n${all()}`,
  );
}

async function within<T>(work: Promise<T>, timeoutMs: number, message: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(message())), timeoutMs);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
