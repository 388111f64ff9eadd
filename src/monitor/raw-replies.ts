import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { readBson, toExtendedJson } from '../deployment/bson-values.ts';
import { applyDifference, byteDifference } from './byte-difference.ts';

/** The last two take the next newer reply of the same host: `difference` from it, or zstd with it as the dictionary. */
type Form = 'raw' | 'zstd' | 'difference' | 'likeness';

interface Kept {
  readonly atMs: number;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly form: Form;
  /** Of the reply itself. */
  readonly size: number;
}

interface Host {
  readonly kept: Kept[];
  bytes: number;
}

const perHost = 20;
const longestDifference = 8192;
/** What the newest replies may take of the bound before they are compressed. */
const shareOfNewest = 0.7;
const quick = { [constants.ZSTD_c_compressionLevel]: 1 };
/** Level 1 finds a third of the likeness to a dictionary, and takes as long. */
const thorough = { [constants.ZSTD_c_compressionLevel]: 3 };

/**
 * The last replies of each host for the page "Raw", within a bound for all hosts together. While all that is wanted fits, replies
 * stay as they came, which costs no CPU. With more hosts only the newest of a host stands for itself, and the one before becomes
 * its difference from it (1 to 2 kB of a reply of 79 kB): so the oldest can go at any time, because nothing hangs on it. With so
 * many that the newest alone fill the bound, those are compressed too (20 kB): what zlib leaves to the garbage collector takes
 * more memory than it saves before that. Over the bound the host that takes most gives up its oldest; the newest of every host
 * stays, whatever it takes.
 */
export class RawReplies {
  readonly #maxBytes: number;
  readonly #keptEveryMs: number;
  readonly #hosts = new Map<string, Host>();
  readonly #room = new Uint8Array(longestDifference);
  #bytes = 0;

  constructor({ maxBytes = 12 * 2 ** 20, keptEveryMs = 1000 } = {}) {
    this.#maxBytes = maxBytes;
    this.#keptEveryMs = keptEveryMs;
  }

  keep(hostId: string, atMs: number, reply: Uint8Array): void {
    const host = this.#hosts.get(hostId) ?? { kept: [], bytes: 0 };
    const before = host.kept.at(-1);
    if (before !== undefined && atMs - before.atMs < this.#keptEveryMs) return;
    this.#hosts.set(hostId, host);
    const newestBytes = this.#hosts.size * reply.length;
    let room = new Uint8Array(0);
    if (before !== undefined && newestBytes * perHost > this.#maxBytes) {
      this.#drop(host, -1);
      this.#push(host, changed(before, reply, this.#room));
      // Its bytes are nobody's now: the next reply of as many takes their place, and leaves nothing to collect.
      if (before.form === 'raw' && before.size === reply.length) room = before.body;
    }
    const isRoomy = newestBytes <= this.#maxBytes * shareOfNewest;
    this.#push(host, isRoomy ? whole(atMs, reply, room) : compressed(atMs, reply));
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

/** In `room`, when it is as large. */
function whole(atMs: number, reply: Uint8Array, room: Uint8Array<ArrayBuffer>): Kept {
  const body = room.length === reply.length ? room : new Uint8Array(reply.length);
  body.set(reply);
  return { atMs, body, form: 'raw', size: reply.length };
}

function compressed(atMs: number, reply: Uint8Array): Kept {
  const size = reply.length;
  // With its size told, zstd takes a context that fits instead of one of megabytes. The result is a quarter of the size.
  const options = { pledgedSrcSize: size, params: quick, chunkSize: Math.max(64, Math.ceil(size / 3)) };
  return { atMs, body: exact(zstdCompressSync(reply, options)), form: 'zstd', size };
}

/** `newer` is the reply that followed. */
function changed(one: Kept, newer: Uint8Array, room: Uint8Array): Kept {
  const { atMs, size } = one;
  const reply = plain(one, newer);
  const difference = byteDifference(newer, reply, room);
  if (difference !== undefined) return { atMs, body: difference, form: 'difference', size };
  // Names came or went, or a text changed its length.
  const options = { pledgedSrcSize: size, params: thorough, dictionary: newer, chunkSize: 4096 };
  return { atMs, body: exact(zstdCompressSync(reply, options)), form: 'likeness', size };
}

function plain({ body, form, size }: Kept, newer: Uint8Array): Uint8Array {
  const chunkSize = Math.max(64, size);
  switch (form) {
    case 'raw':
      return body;
    case 'zstd':
      return zstdDecompressSync(body, { chunkSize });
    case 'difference':
      return applyDifference(newer, body);
    case 'likeness':
      return zstdDecompressSync(body, { chunkSize, dictionary: newer });
  }
}

/** Without the rest of the block that it is a part of, all of which would stay: 64 kB. */
function exact(body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(body);
}
