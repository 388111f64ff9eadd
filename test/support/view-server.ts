import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { timestampText } from '../../src/model/optime.ts';
import type { RestoreSource } from '../../src/restore/ports.ts';
import { encodeViewChunks } from '../../src/wire/view-chunks.ts';

export interface ViewServer extends AsyncDisposable {
  readonly url: string;
  /** `METHOD path?query`, in their order. */
  readonly seen: readonly string[];
  /** Bodies of the requests that opened views. */
  readonly moments: readonly unknown[];
  /** Forgets all views, as a server that was started anew. */
  forget(): void;
  /** The next answer of chunks is cut off in the middle. */
  cutNext(): void;
}

/** The server's routes of views (docs/formats/view-chunks.md) over any source. */
export async function startViewServer(source: RestoreSource): Promise<ViewServer> {
  const seen: string[] = [];
  const moments: unknown[] = [];
  const views = new Set<string>();
  let opened = 0;
  let cut = false;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    seen.push(`${request.method} ${request.url}`);
    const url = new URL(request.url ?? '', 'http://server');
    const [, viewId = '', uuid] = /\/views(?:\/([^/]+)(?:\/collections\/([^/]+)\/chunks)?)?$/.exec(url.pathname) ?? [];
    if (request.method === 'POST') {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(Buffer.from(part));
      moments.push(JSON.parse(Buffer.concat(parts).toString('utf8')));
      const id = `view-${++opened}`;
      views.add(id);
      return json(response, 201, viewAnswer(source, id));
    }
    if (!views.has(viewId)) {
      return json(response, 404, { code: 'NOT_FOUND', message: 'there is no such view', hint: 'Open another one.' });
    }
    if (request.method === 'DELETE') {
      views.delete(viewId);
      return json(response, 204, null);
    }
    const after = url.searchParams.get('after');
    const key = after === null ? null : Buffer.from(after, 'base64url');
    const chunks = await source.chunks(
      uuid ?? '',
      key,
      Number(url.searchParams.get('maxBytes')),
      new AbortController().signal,
    );
    const body = Buffer.concat(encodeViewChunks(chunks));
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length });
    if (!cut || body.length === 0) return void response.end(body);
    cut = false;
    response.write(body.subarray(0, body.length / 2), () => response.destroy());
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    moments,
    forget: () => views.clear(),
    cutNext: () => {
      cut = true;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(status === 204 ? undefined : JSON.stringify(body));
}

function viewAnswer({ optime, sourceVersion, collections }: RestoreSource, viewId: string): object {
  return {
    viewId,
    optime: { ts: timestampText(optime.ts), term: optime.term },
    atMs: Number(optime.ts >> 32n) * 1000,
    expiresAtMs: Date.now() + 3_600_000,
    sourceVersion,
    collections: collections.map(({ info, documents, contentBytes }) => ({
      uuid: info.uuid,
      namespace: `${info.database}.${info.name}`,
      type: info.type,
      capped: info.capped,
      documents,
      contentBytes,
      indexes: info.indexes.length,
      options: info.options.toString('base64'),
      indexSpecs: info.indexes.map((index) => index.toString('base64')),
    })),
  };
}
