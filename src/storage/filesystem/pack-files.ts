import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { diskError } from './disk-error.ts';

/** Open files of packs for reading at one time. */
const maxOpen = 32;
/** One write to the kernel: large enough to be quick, small enough to let others in. */
const writeBytes = 4 * 1024 * 1024;

interface OpenPack {
  readonly handle: Promise<FileHandle>;
  users: number;
  unwanted: boolean;
}

/** The files of a group's packs: FOLDER/<two hex digits>/<number in hex>.pack. */
export class PackFiles {
  readonly folder: string;
  readonly #open = new Map<number, OpenPack>();

  constructor(folder: string) {
    this.folder = folder;
  }

  path(pack: number): string {
    return join(this.#folderOf(pack), `${pack.toString(16).padStart(8, '0')}.pack`);
  }

  /** Opens a pack to be appended to; `create` makes it, and its folders, so that they survive a power cut. */
  async openForAppend(pack: number, create: boolean): Promise<FileHandle> {
    const path = this.path(pack);
    try {
      if (!create) return await open(path, 'r+');
      const folder = this.#folderOf(pack);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const handle = await open(path, 'w+', 0o600);
      await syncFolder(folder);
      await syncFolder(this.folder);
      return handle;
    } catch (thrown) {
      throw diskError(thrown, path);
    }
  }

  /** Up to `length` bytes from an offset; fewer where the file ends. */
  async read(pack: number, at: number, length: number): Promise<Buffer> {
    const found = this.#take(pack);
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
      this.#drop(pack, found);
      throw diskError(thrown, this.path(pack));
    } finally {
      found.users--;
      closeUnused(found);
    }
  }

  async size(pack: number): Promise<number> {
    return (await stat(this.path(pack))).size;
  }

  async remove(pack: number): Promise<void> {
    const found = this.#open.get(pack);
    if (found !== undefined) this.#drop(pack, found);
    await rm(this.path(pack), { force: true });
  }

  /** Numbers of all packs that have a file, lowest first. */
  async list(): Promise<number[]> {
    const names = await readdir(this.folder, { recursive: true }).catch(() => []);
    return names
      .map((name) => /(?:^|[/\\])([0-9a-f]{8,})\.pack$/.exec(name)?.[1])
      .filter((name) => name !== undefined)
      .map((name) => Number.parseInt(name, 16))
      .toSorted((one, two) => one - two);
  }

  async close(): Promise<void> {
    const all = [...this.#open];
    for (const [pack, found] of all) this.#drop(pack, found);
    await Promise.allSettled(all.map(([, found]) => found.handle));
  }

  #folderOf(pack: number): string {
    return join(this.folder, (pack % 256).toString(16).padStart(2, '0'));
  }

  #take(pack: number): OpenPack {
    let found = this.#open.get(pack);
    if (found === undefined) {
      found = { handle: open(this.path(pack), 'r'), users: 0, unwanted: false };
      found.handle.catch(() => undefined);
      for (const [oldest, other] of this.#open) {
        if (this.#open.size < maxOpen) break;
        this.#drop(oldest, other);
      }
    } else this.#open.delete(pack);
    this.#open.set(pack, found);
    found.users++;
    return found;
  }

  #drop(pack: number, found: OpenPack): void {
    if (this.#open.get(pack) === found) this.#open.delete(pack);
    found.unwanted = true;
    closeUnused(found);
  }
}

function closeUnused(found: OpenPack): void {
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

/** Makes the names in a folder durable. Windows has no such thing. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
