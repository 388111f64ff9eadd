import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { readBson, toExtendedJson } from '../deployment/bson-values.ts';

interface Kept {
  readonly atMs: number;
  readonly body: Uint8Array;
  readonly compressed: boolean;
}

const perHost = 20;
const fastest = { [constants.ZSTD_c_compressionLevel]: 1 };

/**
 * The last replies of each host for the page "Raw", within a bound for all hosts together. A few hosts' replies stay as they came,
 * which costs no CPU; when half of the bound is full, new ones are compressed.
 */
export class RawReplies {
  readonly #maxBytes: number;
  readonly #keptEveryMs: number;
  readonly #hosts = new Map<string, Kept[]>();
  #bytes = 0;

  constructor({ maxBytes = 3 * 2 ** 20, keptEveryMs = 1000 } = {}) {
    this.#maxBytes = maxBytes;
    this.#keptEveryMs = keptEveryMs;
  }

  keep(hostId: string, atMs: number, reply: Uint8Array): void {
    const kept = this.#hosts.get(hostId) ?? [];
    if (atMs - (kept.at(-1)?.atMs ?? 0) < this.#keptEveryMs) return;
    const compressed = this.#bytes + reply.length > this.#maxBytes / 2;
    // With its size told, zstd takes a context that fits instead of one of megabytes.
    const body = compressed ? zstdCompressSync(reply, { pledgedSrcSize: reply.length, params: fastest }) : reply;
    this.#bytes += body.length;
    kept.push({ atMs, body, compressed });
    this.#hosts.set(hostId, kept);
    const share = this.#maxBytes / Math.max(1, this.#hosts.size);
    let own = kept.reduce((sum, one) => sum + one.body.length, 0);
    while (kept.length > perHost || (kept.length > 1 && own > share && this.#bytes > this.#maxBytes / 2)) {
      const gone = kept.shift()?.body.length ?? 0;
      own -= gone;
      this.#bytes -= gone;
    }
  }

  forget(hostId: string): void {
    for (const { body } of this.#hosts.get(hostId) ?? []) this.#bytes -= body.length;
    this.#hosts.delete(hostId);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Newest first, as relaxed extended JSON. */
  read(hostId: string): { atMs: number; reply: unknown }[] {
    const kept = this.#hosts.get(hostId) ?? [];
    return kept.toReversed().map(({ atMs, body, compressed }) => ({
      atMs,
      reply: toExtendedJson(readBson(compressed ? zstdDecompressSync(body) : body)),
    }));
  }
}
