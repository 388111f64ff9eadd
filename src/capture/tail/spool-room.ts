import { mkdir, statfs } from 'node:fs/promises';

/** Never filled: whatever else lives on that disk goes on. */
const reserveBytes = 256 * 2 ** 20;
const lookEveryMs = 2000;
/** Frames that all spools keep in memory besides, so that a server that keeps up costs no read of the disk. */
const usualMemoryBytes = 32 * 2 ** 20;

/** How much all spools of this agent may take on disk together. */
export class SpoolRoom {
  readonly folder: string;
  readonly limitBytes: number;
  readonly #memoryBytes: number;
  #used = 0;
  #cached = 0;
  #free: number | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(folder: string, limitBytes: number, memoryBytes = usualMemoryBytes) {
    this.#memoryBytes = memoryBytes;
    this.folder = folder;
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#used;
  }

  /** Free space of the disk when it was last looked at; null: not known. */
  get freeBytes(): number | null {
    return this.#free;
  }

  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.look();
  }

  /** Is there room for so many bytes more? One slice is always taken, however low the limit. */
  async has(bytes: number): Promise<boolean> {
    if (this.#used > 0 && this.#used + bytes > this.limitBytes) return false;
    await this.look();
    return this.#free === null || this.#free - bytes >= reserveBytes;
  }

  took(bytes: number): void {
    this.#used += bytes;
    if (this.#free !== null) this.#free -= bytes;
  }

  gave(bytes: number): void {
    this.#used -= bytes;
    if (this.#free !== null) this.#free += bytes;
  }

  /** May so many bytes stay in memory? They then count until `uncache`. */
  cache(bytes: number): boolean {
    if (this.#cached + bytes > this.#memoryBytes) return false;
    this.#cached += bytes;
    return true;
  }

  uncache(bytes: number): void {
    this.#cached -= bytes;
  }

  async look(): Promise<void> {
    if (performance.now() - this.#lookedAt < lookEveryMs) return;
    this.#lookedAt = performance.now();
    try {
      const { bavail, bsize } = await statfs(this.folder);
      this.#free = bavail * bsize;
    } catch {
      this.#free = null;
    }
  }
}
