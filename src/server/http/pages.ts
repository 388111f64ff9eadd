import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { asset, assetNames, assetsChange } from '../../runtime/asset.ts';
import { AppError } from '../../runtime/errors.ts';
import type { ServerApp } from './server-app.ts';

const compressGzip = promisify(gzip);
const compressBrotli = promisify(brotliCompress);

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  webmanifest: 'application/manifest+json',
  txt: 'text/plain; charset=utf-8',
  woff2: 'font/woff2',
};

interface PageFile {
  readonly type: string;
  readonly etag: string;
  readonly plain: Uint8Array;
  readonly gzip: Uint8Array | undefined;
  readonly brotli: Uint8Array | undefined;
}

/**
 * The pages: files by name, and the shell for every other path that a page may have. Files whose name holds the hash of
 * their content are kept by browsers for ever, the rest is asked for again by its tag. Compressed once, when first asked.
 */
export function pageRoutes(app: ServerApp): void {
  const files = new Map<string, Promise<PageFile>>();
  app.route({
    method: 'GET',
    url: '/*',
    config: { access: 'public', quiet: true },
    handler: async (request, reply) => {
      const path = new URL(request.url, 'http://server').pathname.slice(1);
      const name = `web/${path}`;
      // In development the bundle changes under the server.
      const exists = path !== '' && assetNames('web/').includes(name);
      if (!exists && !isPagePath(path)) throw new AppError('NOT_FOUND', 'there is no such page');
      const file = await loaded(files, exists ? name : 'web/index.html');
      const immutable = /-([0-9a-f]{12}|[0-9A-Z]{8})\.[a-z0-9]+$/.test(path);
      void reply.headers({
        'content-type': file.type,
        'cache-control': immutable && exists ? 'public, max-age=31536000, immutable' : 'no-cache',
        etag: file.etag,
        vary: 'accept-encoding',
        // Paths of one-time links hold their token.
        'referrer-policy': 'no-referrer',
      });
      if (request.headers['if-none-match'] === file.etag) return reply.code(304).send();
      const [encoding, body] = choose(file, request.headers['accept-encoding'] ?? '');
      if (encoding !== undefined) void reply.header('content-encoding', encoding);
      return reply.send(body);
    },
  });
}

/** What the browser's history can hold; anything else is a mistyped address and no page. */
function isPagePath(path: string): boolean {
  const [first = ''] = path.split('/');
  return first === '' || first === 'setup' || first === 'sign-in' || first === 'g' || first === 'index.html';
}

function loaded(files: Map<string, Promise<PageFile>>, name: string): Promise<PageFile> {
  const known = files.get(name);
  if (known !== undefined) return known;
  const loading = load(name);
  // The shell names the newest bundle: in development it is read each time.
  if (!(assetsChange() && name.endsWith('.html'))) files.set(name, loading);
  loading.catch(() => files.delete(name));
  return loading;
}

async function load(name: string): Promise<PageFile> {
  const plain = await asset(name);
  const extension = name.slice(name.lastIndexOf('.') + 1);
  const worthwhile = plain.length > 1000 && !['png', 'woff2', 'ico'].includes(extension);
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  return {
    type: types[extension] ?? 'application/octet-stream',
    etag,
    plain,
    gzip: worthwhile ? await compressGzip(plain) : undefined,
    brotli: worthwhile ? await compressBrotli(plain, quality) : undefined,
  };
}

function choose(file: PageFile, accepted: string): [string | undefined, Uint8Array] {
  if (file.brotli !== undefined && /\bbr\b/.test(accepted)) return ['br', file.brotli];
  if (file.gzip !== undefined && /\bgzip\b/.test(accepted)) return ['gzip', file.gzip];
  return [undefined, file.plain];
}
