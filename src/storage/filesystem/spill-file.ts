import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { diskError } from './disk-error.ts';

interface Spilled {
  readonly length: number;
  read(): Buffer;
  release(): void;
}

/** What is held in memory before the file is made: most transactions are small. */
const memoryBytes = 8 * 2 ** 20;
/** Enciphered at once. */
const stepBytes = 2 ** 20;
const nonceBytes = 12;
const tagBytes = 16;
const unused = new FinalizationRegistry<{ fd: number | undefined }>((file) => {
  if (file.fd !== undefined) closeSync(file.fd);
});

/**
 * Bytes that are needed once more soon, on disk when they are many: a file without a name (where the system allows it), encrypted under a key that
 * nobody else has, gone with the process. Reads and writes do not wait: they are a few MiB each.
 */
export class SpillFile {
  readonly #folder: string;
  readonly #key = randomBytes(32);
  readonly #file: { fd: number | undefined } = { fd: undefined };
  #held = 0;
  #end = 0;
  #pieces = 0;

  constructor(folder: string) {
    this.#folder = folder;
    unused.register(this, this.#file);
  }

  hold(bytes: Buffer): Spilled {
    return this.#held + bytes.length <= memoryBytes ? this.#inMemory(bytes) : this.#inFile(bytes);
  }

  #inMemory(bytes: Buffer): Spilled {
    let copy = Buffer.from(bytes);
    const { length } = copy;
    this.#held += length;
    return {
      length,
      read: () => copy,
      release: () => {
        this.#held -= copy.length;
        copy = Buffer.alloc(0);
      },
    };
  }

  /** @throws STORE_FULL */
  #inFile(bytes: Buffer): Spilled {
    const { length } = bytes;
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce);
    const at = this.#end;
    try {
      for (let from = 0; from < length; from += stepBytes)
        this.#write(cipher.update(bytes.subarray(from, from + stepBytes)), at + from);
      this.#write(Buffer.concat([cipher.final(), cipher.getAuthTag()]), at + length);
    } catch (thrown) {
      throw diskError(thrown, this.#folder);
    }
    this.#end += length + tagBytes;
    this.#pieces++;
    let released = false;
    return {
      length,
      read: () => this.#read(at, length, nonce),
      release: () => {
        if (released) return;
        released = true;
        if (--this.#pieces === 0) this.#empty();
      },
    };
  }

  #read(at: number, length: number, nonce: Buffer): Buffer {
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce);
    const bytes = Buffer.allocUnsafe(length);
    const step = Buffer.allocUnsafe(Math.min(stepBytes, length));
    for (let from = 0; from < length; from += stepBytes) {
      const piece = step.subarray(0, Math.min(stepBytes, length - from));
      this.#fill(piece, at + from);
      decipher.update(piece).copy(bytes, from);
    }
    const tag = Buffer.alloc(tagBytes);
    this.#fill(tag, at + length);
    decipher.setAuthTag(tag).final();
    return bytes;
  }

  #fill(into: Buffer, at: number): void {
    for (let done = 0; done < into.length; ) {
      const got = readSync(this.#open(), into, done, into.length - done, at + done);
      if (got === 0) throw new AppError('INTERNAL', `a temporary file of ${this.#folder} is shorter than it was`);
      done += got;
    }
  }

  #write(bytes: Buffer, at: number): void {
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#open(), bytes, done, bytes.length - done, at + done);
  }

  #open(): number {
    if (this.#file.fd === undefined) {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const path = join(this.#folder, `spill-${randomBytes(8).toString('hex')}`);
      this.#file.fd = openSync(path, 'wx+', 0o600);
      // Where an open file cannot be removed, the next start does it.
      rmSync(path, { force: true });
    }
    return this.#file.fd;
  }

  #empty(): void {
    this.#end = 0;
    if (this.#file.fd !== undefined) ftruncateSync(this.#file.fd, 0);
  }
}
