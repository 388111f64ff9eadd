import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { diskError } from './disk-error.ts';

/** Files that are open for reading at one time. */
const maxOpen = 32;
/** One write to the kernel: large enough to be quick, small enough to let others in. */
const writeBytes = 4 * 1024 * 1024;

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
  unwanted: boolean;
}

/** Files named by numbers: FOLDER/<two hex digits>/<number in hex>.<kind>, so that no folder gets many. */
export class NumberedFiles {
  readonly folder: string;
  readonly #kind: 'pack' | 'segment';
  readonly #open = new Map<number, OpenFile>();

  constructor(folder: string, kind: 'pack' | 'segment') {
    this.folder = folder;
    this.#kind = kind;
  }

  path(number: number): string {
    return join(this.#folderOf(number), `${number.toString(16).padStart(8, '0')}.${this.#kind}`);
  }

  /** Opens a file to be appended to; `create` makes it, and its folders, so that they survive a power cut. */
  async openForAppend(number: number, create: boolean): Promise<FileHandle> {
    const path = this.path(number);
    try {
      if (!create) return await open(path, 'r+');
      const folder = this.#folderOf(number);
      const made = await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(path, 'w+', 0o600);
      await syncFolders(folder, made === undefined ? folder : dirname(made));
      return handle;
    } catch (thrown) {
      throw diskError(thrown, path);
    }
  }

  /** Up to `length` bytes from an offset; fewer where the file ends. */
  async read(number: number, at: number, length: number): Promise<Buffer> {
    const found = this.#take(number);
    try {
      const handle = await found.handle;
      const bytes = Buffer.allocUnsafeSlow(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      return bytes.subarray(0, done);
    } catch (thrown) {
      this.#drop(number, found);
      throw diskError(thrown, this.path(number));
    } finally {
      found.users--;
      closeUnused(found);
    }
  }

  async size(number: number): Promise<number> {
    return (await stat(this.path(number))).size;
  }

  async remove(number: number): Promise<void> {
    const found = this.#open.get(number);
    if (found !== undefined) this.#drop(number, found);
    await rm(this.path(number), { force: true });
  }

  /** Numbers of all files that are there, lowest first. */
  async list(): Promise<number[]> {
    const names = await readdir(this.folder, { recursive: true }).catch(() => []);
    return names
      .map((name) => /(?:^|[/\\])([0-9a-f]{8,})\.(pack|segment)$/.exec(name))
      .map((match) => (match?.[2] === this.#kind ? match[1] : undefined))
      .filter((name) => name !== undefined)
      .map((name) => Number.parseInt(name, 16))
      .toSorted((one, two) => one - two);
  }

  async close(): Promise<void> {
    const all = [...this.#open];
    for (const [number, found] of all) this.#drop(number, found);
    await Promise.allSettled(all.map(([, found]) => found.handle));
  }

  #folderOf(number: number): string {
    return join(this.folder, (number % 256).toString(16).padStart(2, '0'));
  }

  #take(number: number): OpenFile {
    let found = this.#open.get(number);
    if (found === undefined) {
      found = { handle: open(this.path(number), 'r'), users: 0, unwanted: false };
      found.handle.catch(() => undefined);
      for (const [oldest, other] of this.#open) {
        if (this.#open.size < maxOpen) break;
        this.#drop(oldest, other);
      }
    } else this.#open.delete(number);
    this.#open.set(number, found);
    found.users++;
    return found;
  }

  #drop(number: number, found: OpenFile): void {
    if (this.#open.get(number) === found) this.#open.delete(number);
    found.unwanted = true;
    closeUnused(found);
  }
}

function closeUnused(found: OpenFile): void {
  if (!found.unwanted || found.users > 0) return;
  found.unwanted = false;
  found.handle.then((handle) => handle.close()).catch(() => undefined);
}

/** Writes all of the bytes at an offset, or throws. */
export async function writeFully(handle: FileHandle, parts: readonly Buffer[], at: number): Promise<number> {
  let position = at;
  let batch: Buffer[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    const bytes = batch.length === 1 && batch[0] !== undefined ? batch[0] : Buffer.concat(batch, size);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position);
      done += bytesWritten;
      position += bytesWritten;
    }
    batch = [];
    size = 0;
  };
  for (const part of parts) {
    batch.push(part);
    size += part.length;
    if (size >= writeBytes) await flush();
  }
  if (size > 0) await flush();
  return position;
}

/** Makes the names in a folder durable, and in those above it up to `top`. Windows has no such thing. */
async function syncFolders(path: string, top: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  if (path !== top && path !== dirname(path)) await syncFolders(dirname(path), top);
}
