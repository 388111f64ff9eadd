import type { FastifyReply } from 'fastify';
import { releaseBytes } from '../../runtime/release-bytes.ts';
import { encodeViewChunks, type WireChunk } from '../../wire/view-chunks.ts';

/** Answers with chunks of a view (docs/formats/view-chunks.md), whose bytes are gone afterwards: gigabytes pass here within seconds. */
export function sendChunks(reply: FastifyReply, chunks: readonly WireChunk[], tellEnd: boolean): FastifyReply {
  const body = Buffer.concat(encodeViewChunks(chunks, tellEnd));
  for (const { stored } of chunks) releaseBytes(stored);
  reply.raw.once('finish', () => releaseBytes(body));
  return reply.type('application/octet-stream').header('cache-control', 'no-store').send(body);
}
