import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { eventsAnswer } from '../../src/wire/api/alerts.ts';
import { hostInfo, host as hostSchema, rawRepliesAnswer, topologyAnswer } from '../../src/wire/api/deployment.ts';
import { streamEvent } from '../../src/wire/api/groups.ts';
import { metricsAnswer, seriesAnswer, seriesQuery } from '../../src/wire/api/metrics.ts';
import { catalog, events, host, metrics, restartAgoMs, series, silentMs, topology } from './charts-fixture-data.ts';

export interface Asset {
  readonly type: string;
  readonly body: string;
}

/** The API as the chart pages use it, with made data that obeys the schemas, and the page's own files. */
export class ChartsFixtureServer {
  /** Added to the clock: how far time has gone since the start. */
  nowMs: number;
  firstSampleAgoMs = 400 * 86_400_000;
  empty = false;
  failing = false;
  readonly seriesRequests: URL[] = [];
  readonly #server: Server;
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #streams = new Set<ServerResponse>();
  readonly #startMs: number;

  private constructor(assets: ReadonlyMap<string, Asset>, nowMs: number) {
    this.#assets = assets;
    this.#startMs = nowMs;
    this.nowMs = nowMs;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** `assets` by path; the one under `/` answers every page path. */
  static async start(assets: ReadonlyMap<string, Asset>, nowMs: number): Promise<ChartsFixtureServer> {
    const fixture = new ChartsFixtureServer(assets, nowMs);
    await new Promise<void>((done) => fixture.#server.listen(0, '127.0.0.1', done));
    return fixture;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** New samples arrived: time goes on and every open page is told. */
  advance(ms: number): void {
    this.nowMs += ms;
    const event = streamEvent.parse({ type: 'samples', hostIds: ['h1', 'h2', 'h3'], atMs: this.nowMs });
    for (const stream of this.#streams) stream.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  }

  get streams(): number {
    return this.#streams.size;
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.end();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const api = /^\/api\/v1(\/.*)$/.exec(url.pathname)?.[1];
    if (api !== undefined) return this.#api(api, url, response);
    const asset = this.#assets.get(url.pathname) ?? this.#assets.get('/');
    response.writeHead(200, { 'content-type': asset?.type ?? 'text/plain' }).end(asset?.body);
  }

  #api(path: string, url: URL, response: ServerResponse): void {
    if (path.endsWith('/stream')) return this.#stream(response);
    const body = this.#body(path, url);
    const json = body === null ? { code: 'NOT_FOUND', message: 'No such thing.', hint: '' } : body;
    const status = body === null ? 404 : this.failing && path.endsWith('/series') ? 503 : 200;
    const text =
      status === 503 ? { code: 'STORE_BUSY', message: 'The store is busy.', hint: 'Nothing is lost.' } : json;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(text));
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': open\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #body(path: string, url: URL): unknown {
    if (path === '/catalog') return metricsAnswer.parse(catalog());
    if (path.endsWith('/topology')) return topologyAnswer.parse(topology(this.nowMs));
    const [, id = '', rest = ''] = /^\/groups\/g1\/hosts\/(h[123])(\/\w+)?$/.exec(path) ?? [];
    if (path === '/groups/g1/hosts') return z.array(hostSchema).parse(['h1', 'h2', 'h3'].map((one) => this.#host(one)));
    if (path === '/groups/g1/events') return this.#events(url);
    if (id === '') return null;
    if (rest === '') return hostSchema.parse(this.#host(id));
    if (rest === '/metrics') return metricsAnswer.parse(this.empty ? [] : metrics());
    if (rest === '/series') return this.#series(id, url);
    if (rest === '/info') return this.#info();
    if (rest === '/raw') return this.#raw();
    return null;
  }

  #host(id: string) {
    const base = host(id, `checkout-${id.slice(1)}.example.net:27017`, this.#startMs, this.firstSampleAgoMs);
    return this.empty ? { ...base, firstSampleAtMs: null, lastSampleAtMs: null } : base;
  }

  #events(url: URL): unknown {
    const [from, to] = [
      Number(url.searchParams.get('from') ?? 0),
      Number(url.searchParams.get('to') ?? Number.MAX_SAFE_INTEGER),
    ];
    const found = events('h1', 'checkout-1', this.#startMs).filter((event) => event.atMs >= from && event.atMs <= to);
    return eventsAnswer.parse({ events: found, nextBefore: null });
  }

  #series(id: string, url: URL): unknown {
    this.seriesRequests.push(url);
    const query = seriesQuery.parse({
      ...Object.fromEntries(url.searchParams),
      metric: url.searchParams.getAll('metric'),
    });
    const restart = this.#startMs - restartAgoMs;
    const spread = {
      fromMs: query.from,
      toMs: query.to,
      points: query.points,
      nowMs: this.nowMs,
      firstSampleMs: this.#startMs - this.firstSampleAgoMs,
      silent: [[restart - silentMs, restart]] as const,
    };
    const shift = Number(id.slice(1)) * 3_600_000;
    const names = Array.isArray(query.metric) ? query.metric : [query.metric];
    const found = names.flatMap((name) => series(name, spread));
    return seriesAnswer.parse({ series: id === 'h1' ? found : found.map((one) => shifted(one, shift)) });
  }

  #info(): unknown {
    return hostInfo.parse({
      documents: [
        {
          kind: 'cmdLineOpts',
          atMs: this.nowMs,
          document: { argv: ['mongod', '--config', '/etc/mongod.conf'], parsed: { net: { port: 27_017 } } },
        },
        {
          kind: 'startupWarnings',
          atMs: this.nowMs,
          document: {
            log: ['{"s":"W","msg":"Access control is not enabled for the database"}', 'vm.max_map_count is too low'],
          },
        },
        { kind: 'buildInfo', atMs: this.nowMs, document: { version: '6.0.19', gitVersion: 'b0b8d8' } },
      ],
    });
  }

  #raw(): unknown {
    const replies = Array.from({ length: 20 }, (_, at) => ({
      atMs: this.nowMs - at * 10_000,
      reply: { ok: 1, data: { serverStatus: { uptime: 90_000 - at * 10, opcounters: { insert: 12_345 - at } } } },
    }));
    return rawRepliesAnswer.parse({ replies });
  }
}

function shifted<T extends { points: readonly (readonly [number, number | null, number | null, number | null])[] }>(
  one: T,
  by: number,
): T {
  const factor = 1 + (by / 3_600_000) * 0.15;
  const times = (value: number | null) => (value === null ? null : value * factor);
  return {
    ...one,
    points: one.points.map(([at, low, average, high]) => [at, times(low), times(average), times(high)] as const),
  };
}
