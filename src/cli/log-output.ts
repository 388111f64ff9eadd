import { closeSync, openSync, writeSync } from 'node:fs';
import { AppError } from '../runtime/errors.ts';

export interface LogOutput {
  /** Takes a line without its newline. */
  readonly write: (line: string) => void;
  /** After logrotate moved the file away. */
  reopen(): void;
  close(): void;
}

/** A log file (0600, appended) that can be opened again, or standard output when none is named. */
export function openLogOutput(path: string | undefined): LogOutput {
  if (path === undefined) {
    return { write: (line) => void process.stdout.write(`${line}\n`), reopen: () => {}, close: () => {} };
  }
  let file: number | undefined = open(path);
  return {
    write(line) {
      if (file === undefined) return;
      try {
        writeSync(file, `${line}\n`);
      } catch {
        // A full disk must not end the program; the next line is tried again.
      }
    },
    reopen() {
      const next = open(path);
      if (file !== undefined) closeSync(file);
      file = next;
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

function open(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `logFile: cannot write ${path}`, {
      cause,
      hint: 'Check that the folder exists and that this user may write it.',
    });
  }
}
