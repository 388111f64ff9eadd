import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { bodyLimits } from '../../wire/protocol.ts';
import type { ServerApp } from '../http/server-app.ts';

const decompress = promisify(zstdDecompress);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);
const waitingAtMost = 500;

/** What one kind of agents may take of the server's memory with what they send. */
export interface BodyBounds {
  /** Of one body, as sent. */
  readonly bodyBytes: number;
  /** Of all bodies together. */
  readonly allBodiesBytes: number;
  /** Bodies that are worked on at once: each may grow to 64 MiB while it is read. */
  readonly atOnce: number;
  /** What the server says that it is busy with. */
  readonly work: string;
}

const samplesBounds: BodyBounds = {
  bodyBytes: bodyLimits.compressedBytes,
  allBodiesBytes: 96 * 2 ** 20,
  atOnce: 3,
  work: 'taking samples',
};

/** Agents' bodies arrive as bytes, bounded before (here) and after decompression (BodyReader). */
export function takeRawBodies(app: ServerApp, bounds: BodyBounds = samplesBounds): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    wholeBody(payload, request, bounds.bodyBytes),
  );
  boundBodies(app, bounds);
}

/** In one buffer of the length that was told: parts that are joined at the end take twice the memory. @throws BODY_TOO_LARGE, BODY_UNREADABLE */
async function wholeBody(payload: IncomingMessage, { headers }: FastifyRequest, bodyBytes: number): Promise<Buffer> {
  const told = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  if (told !== undefined && told > bodyBytes) throw tooLarge(bodyBytes);
  let body = Buffer.allocUnsafeSlow(told ?? 64 * 1024);
  let length = 0;
  for await (const part of payload as AsyncIterable<Buffer>) {
    if (length + part.length > bodyBytes) throw tooLarge(bodyBytes);
    if (length + part.length > body.length) {
      const larger = Buffer.allocUnsafeSlow(Math.min(2 * (length + part.length), bodyBytes));
      body.copy(larger, 0, 0, length);
      body = larger;
    }
    part.copy(body, length);
    length += part.length;
  }
  if (told !== undefined && told !== length)
    throw new AppError('BODY_UNREADABLE', `the body has ${length} bytes, its head says ${told}`);
  return body.subarray(0, length);
}

function tooLarge(bodyBytes: number): AppError {
  return new AppError('BODY_TOO_LARGE', `the body is larger than ${bodyBytes / 2 ** 20} MiB`);
}

/**
 * Bodies of all agents together, from the first byte to the answer: after an outage thousands come at once. Who finds no room
 * comes again a little later with what it has kept. A body that does not tell its length may become as long as is allowed.
 */
function boundBodies(app: ServerApp, { bodyBytes, allBodiesBytes, work }: BodyBounds): void {
  let bytes = 0;
  app.addHook('preParsing', async (request, reply) => {
    if (request.method === 'GET') return;
    const told = Number(request.headers['content-length'] ?? bodyBytes);
    const own = Math.min(Number.isFinite(told) ? told : bodyBytes, bodyBytes);
    if (bytes + own > allBodiesBytes) throw busy(work);
    bytes += own;
    reply.raw.once('close', () => {
      bytes -= own;
    });
  });
}

/** Decompresses and checks bodies, a few at a time. */
export class BodyReader {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #bounds: BodyBounds;

  constructor(bounds: BodyBounds = samplesBounds) {
    this.#bounds = bounds;
  }

  /** Calls `work` with the plain bytes and holds its place until the work is done. @throws BODY_TOO_LARGE, BODY_UNREADABLE */
  async withBytes<T>(request: FastifyRequest, work: (bytes: Buffer) => Promise<T>): Promise<T> {
    const { body } = request;
    if (!Buffer.isBuffer(body)) throw new AppError('BODY_UNREADABLE', 'the request has no body');
    await this.#enter();
    try {
      return await work(isZstd(request, body) ? await plain(body) : body);
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }

  /** @throws INPUT_INVALID naming the field. */
  async json<S extends z.ZodType>(request: FastifyRequest, schema: S): Promise<z.output<S>> {
    return this.withBytes(request, async (bytes) => parseJson(bytes, schema));
  }

  async #enter(): Promise<void> {
    if (this.#running >= this.#bounds.atOnce) {
      if (this.#waiting.length >= waitingAtMost) throw busy(this.#bounds.work);
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
    this.#running++;
  }
}

function busy(work: string): AppError {
  return new AppError('TOO_MANY_ATTEMPTS', `the server is busy ${work}`, {
    retryable: true,
    details: { retryAfterSeconds: 5 },
  });
}

function isZstd(request: FastifyRequest, body: Buffer): boolean {
  return request.headers['content-encoding'] === 'zstd' || body.subarray(0, 4).equals(zstdMagic);
}

async function plain(body: Buffer): Promise<Buffer> {
  try {
    return await decompress(body, { maxOutputLength: bodyLimits.decompressedBytes });
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      const mebibytes = bodyLimits.decompressedBytes / 2 ** 20;
      throw new AppError('BODY_TOO_LARGE', `the body is larger than ${mebibytes} MiB when decompressed`, { cause });
    }
    throw new AppError('BODY_UNREADABLE', 'the body is not valid zstd', { cause });
  }
}

function parseJson<S extends z.ZodType>(bytes: Buffer, schema: S): z.output<S> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new AppError('BODY_UNREADABLE', 'the body is not valid JSON', { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const field = first?.path.join('.') ?? '';
  throw new AppError('INPUT_INVALID', `${field === '' ? 'the body' : field}: ${first?.message ?? 'not valid'}`, {
    details: { field },
  });
}
