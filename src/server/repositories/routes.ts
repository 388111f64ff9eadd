import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { ServerContext } from '../context.ts';
import { securityHeaders } from '../http/security-headers.ts';
import type { ServerApp } from '../http/server-app.ts';
import { rangeOf } from './byte-range.ts';
import { aptSources, yumRepo } from './source-files.ts';
import { type OpenFile, openBelow } from './static-file.ts';

const types: Readonly<Record<string, string>> = {
  asc: 'application/pgp-keys',
  deb: 'application/vnd.debian.binary-package',
  rpm: 'application/x-rpm',
  xml: 'application/xml',
  gz: 'application/gzip',
};

const readAheadBytes = 2 ** 18;
const params = z.object({ '*': z.string().max(400) });

/**
 * The apt and yum repositories that somebody put into `folder` (as `make repositories` makes them), for the machines of the
 * server's groups: /repo/apt/…, /repo/yum/…, and the files that point to them. Everybody may read them, as programs are no secret.
 */
export function repositoryRoutes(app: ServerApp, context: ServerContext, folder: string): void {
  const common = { exposeHeadRoute: false, config: { access: 'public', quiet: true } } as const;
  const sources: Readonly<Record<string, () => Promise<string>>> = {
    'leafward.asc': () => publicKey(folder),
    'leafward.sources': async () => aptSources(context.address.publicUrl(), await publicKey(folder)),
    'leafward.repo': async () => {
      await publicKey(folder);
      return yumRepo(context.address.publicUrl());
    },
  };
  for (const [name, text] of Object.entries(sources)) {
    app.route({
      ...common,
      method: ['GET', 'HEAD'],
      url: `/repo/${name}`,
      handler: async (_request, reply) =>
        reply.headers({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-cache' }).send(await text()),
    });
  }
  for (const kind of ['apt', 'yum'] as const) {
    app.route({
      ...common,
      method: ['GET', 'HEAD'],
      url: `/repo/${kind}/*`,
      schema: { params },
      handler: async (request, reply) => {
        const file = await openBelow(join(folder, kind), request.params['*']);
        if (file === undefined) throw new AppError('NOT_FOUND', 'there is no such file in the repository');
        return sendFile(request, reply, { file, name: request.params['*'] });
      },
    });
  }
}

async function publicKey(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, 'leafward.asc'), 'utf8');
  } catch (cause) {
    throw new AppError('NOT_FOUND', 'this server has no package repositories', {
      cause,
      hint: 'Put what "make repositories" made into the folder repositories of the data directory.',
    });
  }
}

interface Sent {
  readonly file: OpenFile;
  readonly name: string;
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, { file, name }: Sent): Promise<unknown> {
  const { handle, bytes, modified } = file;
  const etag = `"${bytes.toString(16)}-${modified.getTime().toString(16)}"`;
  const lastModified = modified.toUTCString();
  const headers = {
    'content-type': types[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream',
    'accept-ranges': 'bytes',
    // An index that a proxy kept does not fit to packages that are new.
    'cache-control': 'no-cache',
    etag,
    'last-modified': lastModified,
  };
  if (isCurrent(request, etag, modified)) {
    await handle.close();
    return reply.code(304).headers(headers).send();
  }
  const ifRange = request.headers['if-range'];
  const sameFile = ifRange === undefined || ifRange === etag || ifRange === lastModified;
  const range = sameFile ? rangeOf(request.headers.range, bytes) : undefined;
  if (range === 'unsatisfiable') {
    await handle.close();
    return reply.code(416).header('content-range', `bytes */${bytes}`).send();
  }
  const { first, last } = range ?? { first: 0, last: bytes - 1 };
  const status = range === undefined ? 200 : 206;
  const length = {
    'content-length': last - first + 1,
    ...(range !== undefined && { 'content-range': `bytes ${first}-${last}/${bytes}` }),
  };
  if (request.method === 'HEAD' || bytes === 0) {
    await handle.close();
    reply.hijack();
    reply.raw.writeHead(status, { ...securityHeaders(request.protocol === 'https'), ...headers, ...length }).end();
    return reply;
  }
  const stream = handle.createReadStream({ start: first, end: last, highWaterMark: readAheadBytes });
  return reply
    .code(status)
    .headers({ ...headers, ...length })
    .send(stream);
}

/** If-None-Match goes before If-Modified-Since, whose seconds have no parts. */
function isCurrent(request: FastifyRequest, etag: string, modified: Date): boolean {
  const known = request.headers['if-none-match'];
  if (known !== undefined) return known === etag;
  const since = Date.parse(request.headers['if-modified-since'] ?? '');
  return since >= Math.floor(modified.getTime() / 1000) * 1000;
}
