import { spawn } from 'node:child_process';
import { AppError } from './errors.ts';

interface CommandLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Program and arguments of a setting: blanks separate, '…' and "…" hold together. No shell: $, |, > and the like mean nothing. */
export function commandWords(setting: string, text: string): readonly [program: string, ...args: string[]] {
  const words: string[] = [];
  let rest = text.trim();
  while (rest !== '') {
    const match = /^((?:[^\s'"]|'[^']*'|"[^"]*")+)(?:\s+|$)/.exec(rest);
    if (match === null) {
      throw new AppError('SETTINGS_INVALID', `${setting} has a quotation mark that does not end`, {
        hint: 'Write a program and its arguments; those with blanks in quotation marks.',
      });
    }
    words.push((match[1] ?? '').replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
    rest = rest.slice(match[0].length);
  }
  const [program, ...args] = words;
  if (program !== undefined && program !== '') return [program, ...args];
  throw new AppError('SETTINGS_INVALID', `${setting} names no program`);
}

/**
 * What a program prints, without the end of its last line. It is killed at the deadline and when it prints too much. Nothing that
 * it prints gets into a message: it may be a secret, or name one. @throws SETTINGS_INVALID naming the setting and the program
 */
export async function printedBy(
  setting: string,
  [program, ...args]: readonly [string, ...string[]],
  { timeoutMs, maxBytes }: CommandLimits,
): Promise<string> {
  const hint = `Run it by hand as the user of this agent, without its environment: it has to print one line within ${timeoutMs / 1000} s and end with 0.`;
  const failed = (why: string, cause?: unknown): AppError =>
    new AppError('SETTINGS_INVALID', `${setting}: ${program} ${why}`, { hint, retryable: true, cause });
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const end = (why: AppError): void => {
    // What it started may hold the pipe open beyond its own end.
    child.stdout.destroy();
    child.kill('SIGKILL');
    reject(why);
  };
  const timer = setTimeout(() => end(failed(`did not end within ${timeoutMs / 1000} s`)), timeoutMs);
  const parts: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (part: Buffer) => {
    bytes += part.length;
    parts.push(part);
    if (bytes > maxBytes) end(failed(`prints more than ${maxBytes} bytes`));
  });
  child.once('error', (cause) => reject(failed('cannot be started', cause)));
  child.once('close', (code, signal) => {
    if (code !== 0) return reject(failed(`ended with ${code ?? signal}`));
    const text = Buffer.concat(parts)
      .toString('utf8')
      .replace(/\r?\n$/, '');
    if (text === '') return reject(failed('prints nothing'));
    if (/[\r\n]/.test(text)) return reject(failed('prints more than one line'));
    resolve(text);
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
