import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { readBson, toExtendedJson } from '../deployment/bson-values.ts';

/** `delta` is zstd with the next newer reply of the same host as its dictionary. */
type Form = 'raw' | 'zstd' | 'delta';

interface Kept {
  readonly atMs: number;
  readonly body: Uint8Array;
  readonly form: Form;
  /** Of the reply itself. */
  readonly size: number;
}

interface Host {
  readonly kept: Kept[];
  bytes: number;
}

const perHost = 20;
const quick = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Level 1 finds a third of the likeness to a dictionary, and takes as long. */
const thorough = { [constants.ZSTD_c_compressionLevel]: 3 };

/**
 * The last replies of each host for the page "Raw", within a bound for all hosts together. While all that is wanted fits, replies
 * stay as they came, which costs no CPU. With more hosts only the newest of a host stands for itself, and the one before becomes
 * its difference from it (20 kB and 1 to 2 kB of a reply of 79 kB): so the oldest can go at any time, because nothing hangs on it.
 * Over the bound the host that takes most gives up its oldest; the newest of every host stays, whatever it takes.
 */
export class RawReplies {
  readonly #maxBytes: number;
  readonly #keptEveryMs: number;
  readonly #hosts = new Map<string, Host>();
  #bytes = 0;

  constructor({ maxBytes = 6 * 2 ** 20, keptEveryMs = 1000 } = {}) {
    this.#maxBytes = maxBytes;
    this.#keptEveryMs = keptEveryMs;
  }

  keep(hostId: string, atMs: number, reply: Uint8Array): void {
    const host = this.#hosts.get(hostId) ?? { kept: [], bytes: 0 };
    const before = host.kept.at(-1);
    if (before !== undefined && atMs - before.atMs < this.#keptEveryMs) return;
    this.#hosts.set(hostId, host);
    const allFit = this.#hosts.size * perHost * reply.length <= this.#maxBytes;
    if (before !== undefined && !allFit) {
      this.#drop(host, -1);
      this.#push(host, differenceOf(before, reply));
    }
    this.#push(host, allFit ? { atMs, body: reply, form: 'raw', size: reply.length } : compressed(atMs, reply));
    if (host.kept.length > perHost) this.#drop(host, 0);
    this.#makeRoom();
  }

  forget(hostId: string): void {
    this.#bytes -= this.#hosts.get(hostId)?.bytes ?? 0;
    this.#hosts.delete(hostId);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Newest first, as relaxed extended JSON. */
  read(hostId: string): { atMs: number; reply: unknown }[] {
    let newer: Uint8Array = new Uint8Array(0);
    return (this.#hosts.get(hostId)?.kept ?? []).toReversed().map((one) => {
      newer = plain(one, newer);
      return { atMs: one.atMs, reply: toExtendedJson(readBson(newer)) };
    });
  }

  #push(host: Host, one: Kept): void {
    host.kept.push(one);
    host.bytes += one.body.length;
    this.#bytes += one.body.length;
  }

  #drop(host: Host, at: 0 | -1): void {
    const bytes = (at === 0 ? host.kept.shift() : host.kept.pop())?.body.length ?? 0;
    host.bytes -= bytes;
    this.#bytes -= bytes;
  }

  #makeRoom(): void {
    while (this.#bytes > this.#maxBytes) {
      let largest: Host | undefined;
      for (const host of this.#hosts.values())
        if (host.kept.length > 1 && host.bytes > (largest?.bytes ?? 0)) largest = host;
      if (largest === undefined) return;
      this.#drop(largest, 0);
    }
  }
}

function compressed(atMs: number, reply: Uint8Array): Kept {
  const size = reply.length;
  // With its size told, zstd takes a context that fits instead of one of megabytes.
  const body = zstdCompressSync(reply, { pledgedSrcSize: size, params: quick });
  return { atMs, body: exact(body), form: 'zstd', size };
}

/** `newer` is the reply that followed. */
function differenceOf(one: Kept, newer: Uint8Array): Kept {
  const reply = plain(one, newer);
  const options = { pledgedSrcSize: one.size, params: thorough, dictionary: newer, chunkSize: 4096 };
  return { atMs: one.atMs, body: exact(zstdCompressSync(reply, options)), form: 'delta', size: one.size };
}

function plain({ body, form, size }: Kept, newer: Uint8Array): Uint8Array {
  if (form === 'raw') return body;
  const chunkSize = Math.max(64, size);
  return form === 'zstd'
    ? zstdDecompressSync(body, { chunkSize })
    : zstdDecompressSync(body, { chunkSize, dictionary: newer });
}

/** What zlib gives is the beginning of a block of 64 kB, all of which would stay. */
function exact(body: Uint8Array): Uint8Array {
  return new Uint8Array(body);
}
