import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { AppError } from './errors.ts';

export interface LogFileSettings {
  /** Not set: standard output. */
  readonly logFile: string | undefined;
  /** Bytes. */
  readonly logMaxSize: number;
  /** Milliseconds; not set: as old as it gets. */
  readonly logMaxAge: number | undefined;
  /** Older ones that stay. */
  readonly logKeep: number;
}

export interface LogOutput {
  /** Takes a line without its newline. False when it could not be written: a full disk must not end the program. */
  readonly write: (line: string) => boolean;
  /**
   * After logrotate moved the file away, and when the settings of it may be others now.
   * @throws SETTINGS_INVALID when it cannot be opened; what was open stays so.
   */
  reopen(settings: LogFileSettings): void;
  close(): void;
}

/** Where a program's log goes: a file (0600, appended, rotated by its size and age), or standard output. */
export function openLogOutput(settings: LogFileSettings): LogOutput {
  let file = openFile(settings);
  return {
    write(line) {
      if (file !== undefined) return file.write(line);
      process.stdout.write(`${line}\n`);
      return true;
    },
    reopen(next) {
      const before = file;
      file = openFile(next);
      before?.close();
    },
    close: () => file?.close(),
  };
}

function openFile(settings: LogFileSettings): LogFile | undefined {
  const { logFile } = settings;
  return logFile === undefined ? undefined : new LogFile(logFile, settings);
}

/** Rotated ones are told by the moment of their end, so none is renamed twice, and logrotate's own names stay free. */
const rotatedEnding = /^\d{8}T\d{9}Z$/;
const againMs = 60_000;

class LogFile {
  readonly #path: string;
  readonly #settings: LogFileSettings;
  #file: number | undefined;
  #isRegular = true;
  #bytes = 0;
  #begunAtMs = 0;
  /** A line was cut off by a full disk. */
  #torn = false;
  /** It could not be rotated: not tried before then. */
  #waitUntilMs = 0;

  constructor(path: string, settings: LogFileSettings) {
    this.#path = path;
    this.#settings = settings;
    this.#open();
  }

  write(line: string): boolean {
    const bytes = Buffer.from(this.#torn ? `\n${line}\n` : `${line}\n`);
    if (this.#isDue(bytes.length)) this.#rotate();
    if (this.#file === undefined) return false;
    let done = 0;
    try {
      while (done < bytes.length) done += writeSync(this.#file, bytes, done);
      this.#torn = false;
    } catch {
      this.#torn ||= done > 0;
    }
    this.#bytes += done;
    return done === bytes.length;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #open(): void {
    try {
      this.#file = openSync(this.#path, 'a+', 0o600);
    } catch (cause) {
      throw new AppError('SETTINGS_INVALID', `logFile: cannot write ${this.#path}`, {
        cause,
        hint: 'Check that the folder exists and that this user may write it.',
      });
    }
    const found = fstatSync(this.#file);
    // A pipe or a device is nothing to rename.
    this.#isRegular = found.isFile();
    this.#bytes = found.size;
    this.#begunAtMs = this.#bytes === 0 ? Date.now() : firstTimeMs(this.#file);
  }

  #isDue(more: number): boolean {
    const { logMaxSize, logMaxAge = Number.POSITIVE_INFINITY } = this.#settings;
    const nowMs = Date.now();
    if (this.#file === undefined) return nowMs >= this.#waitUntilMs;
    if (this.#bytes === 0 || !this.#isRegular) return false;
    if (this.#bytes + more <= logMaxSize && nowMs - this.#begunAtMs <= logMaxAge) return false;
    return nowMs >= this.#waitUntilMs;
  }

  #rotate(): void {
    try {
      // Somebody moved or cut it already: it is that one's to rotate.
      const isOurs = this.#isAtPath();
      this.close();
      if (isOurs) renameSync(this.#path, freeName(this.#path));
      this.#open();
      this.#prune();
    } catch {
      this.#waitUntilMs = Date.now() + againMs;
      if (this.#file === undefined) this.#openAgain();
    }
  }

  #isAtPath(): boolean {
    if (this.#file === undefined || !existsSync(this.#path)) return false;
    const [open, named] = [fstatSync(this.#file), statSync(this.#path)];
    return open.ino === named.ino && open.size >= this.#bytes;
  }

  /** Its folder may be gone for a while. */
  #openAgain(): void {
    try {
      this.#open();
    } catch {
      // A later line tries it again.
    }
  }

  #prune(): void {
    const folder = dirname(this.#path);
    const start = `${basename(this.#path)}.`;
    const rotated = readdirSync(folder)
      .filter((name) => name.startsWith(start) && rotatedEnding.test(name.slice(start.length)))
      .sort();
    for (const name of rotated.slice(0, Math.max(0, rotated.length - this.#settings.logKeep))) {
      rmSync(join(folder, name), { force: true });
    }
  }
}

function freeName(path: string): string {
  for (let atMs = Date.now(); ; atMs++) {
    const name = `${path}.${new Date(atMs).toISOString().replaceAll(/[-:.]/g, '')}`;
    if (!existsSync(name)) return name;
  }
}

/** When the log was begun: the time of its first line, which no copy and no file system changes. */
function firstTimeMs(file: number): number {
  const head = Buffer.alloc(64);
  const text = head.toString('latin1', 0, readSync(file, head, 0, head.length, 0));
  const found = /\d{4}-\d\d-\d\dT[\d:.]+Z/.exec(text);
  return found === null ? Date.now() : Date.parse(found[0]);
}
