import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { agentKey, sessionAnswer, setupState } from '../../src/wire/api/access.ts';
import { eventsAnswer } from '../../src/wire/api/alerts.ts';
import type { Problem } from '../../src/wire/api/common.ts';
import {
  agentsAnswer,
  doctorRun,
  host,
  hostsAnswer,
  type TopologyAnswer,
  topologyAnswer,
} from '../../src/wire/api/deployment.ts';
import {
  download,
  downloadChoices,
  downloadTarget,
  newDownloadAnswer,
  newDownloadRequest,
} from '../../src/wire/api/downloads.ts';
import { changeGroupExposure, type GroupExposure, groupExposure, hostExposure } from '../../src/wire/api/exposure.ts';
import { group, type StreamEvent, serverInfo, streamEvent } from '../../src/wire/api/groups.ts';
import { metricsAnswer, seriesAnswer, storageUse } from '../../src/wire/api/metrics.ts';
import { AlertAnswers } from './alert-fixture-answers.ts';
import { BackupAnswers } from './backup-fixture-answers.ts';
import * as data from './pages-fixture-data.ts';
import { PeopleAnswers } from './people-fixture-answers.ts';

export interface Change {
  readonly method: string;
  readonly path: string;
  readonly csrf: string | undefined;
  readonly body: unknown;
}

/** The API as the pages use it, with made data that obeys the schemas, and the pages' own files. */
export class PagesFixtureServer implements AsyncDisposable {
  signedIn = true;
  warnings: readonly string[] = [];
  topology: TopologyAnswer = data.topology();
  hosts = data.hosts();
  agents = data.agents();
  downloads = data.downloads;
  downloadChoices = data.downloadChoices;
  eventCount = 450;
  exposure: GroupExposure = { allowed: true, enabled: false, nextAtMs: null, hosts: [] };
  readonly backups = new BackupAnswers();
  readonly alerting = new AlertAnswers();
  readonly people = new PeopleAnswers();
  /** Paths under /api/v1 that answer 503 for now. */
  readonly broken = new Set<string>();
  /** Changes that are refused, by path, with what the server says. */
  readonly refused = new Map<string, Problem>();
  /** Everything that was changed, in order. */
  readonly changes: Change[] = [];
  readonly reads: string[] = [];
  readonly #files: ReadonlyMap<string, Uint8Array>;
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();

  private constructor(files: ReadonlyMap<string, Uint8Array>) {
    this.#files = files;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** `files` by asset name, as bundlePages gives them. */
  static async start(files: ReadonlyMap<string, Uint8Array>, port = 0): Promise<PagesFixtureServer> {
    const fixture = new PagesFixtureServer(files);
    await new Promise<void>((done) => fixture.#server.listen(port, '127.0.0.1', done));
    return fixture;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get streams(): number {
    return this.#streams.size;
  }

  publish(event: StreamEvent): void {
    for (const stream of this.#streams) stream.write(`data: ${JSON.stringify(streamEvent.parse(event))}\n\n`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams) stream.end();
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    // The pages must live under the server's own policy.
    response.setHeader(
      'content-security-policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'",
    );
    if (!url.pathname.startsWith('/api/v1/')) return this.#file(url.pathname, response);
    const path = url.pathname.slice('/api/v1'.length);
    if (path.endsWith('/stream')) return this.#stream(response);
    const method = request.method ?? 'GET';
    if (method === 'GET') this.reads.push(path);
    else {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const csrf = request.headers['leafward-csrf'];
      this.changes.push({
        method,
        path,
        csrf: typeof csrf === 'string' ? csrf : undefined,
        body: text === '' ? undefined : JSON.parse(text),
      });
    }
    const refusal = method === 'GET' ? undefined : this.refused.get(path);
    const [status, body] = this.broken.has(path)
      ? unavailable
      : refusal !== undefined
        ? [409, refusal]
        : method === 'GET'
          ? this.#read(path, url)
          : this.#change(method, path);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(body === undefined ? '' : JSON.stringify(body));
  }

  #file(path: string, response: ServerResponse): void {
    const file = this.#files.get(`web${path}`);
    const type = path.endsWith('.js') ? 'text/javascript' : path.endsWith('.css') ? 'text/css' : 'text/html';
    response
      .writeHead(200, { 'content-type': file === undefined ? 'text/html' : type })
      .end(file ?? this.#files.get('web/index.html'));
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('retry: 200\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  #read(path: string, url: URL): readonly [number, unknown] {
    if (path === '/setup')
      return [
        200,
        setupState.parse({ valid: url.searchParams.get('token') === 'good', expiresAtMs: Date.now() + 3_600_000 }),
      ];
    const open = this.people.readPublic(path);
    if (open !== undefined) return open;
    if (!this.signedIn) return [401, { code: 'SIGN_IN_REQUIRED', message: 'sign in first', hint: 'Sign in.' }];
    const ofPeople = this.#ofPeople(path, url);
    if (ofPeople !== undefined) return ofPeople;
    const ofAlerts = this.alerting.read(path.replace('/groups/g1', ''), url);
    if (ofAlerts !== undefined) return ofAlerts;
    const answer = this.#answers(url)[path.replace('/groups/g1', '')];
    if (answer !== undefined) return [200, answer()];
    const backup = this.backups.read(path.replace('/groups/g1', ''), url);
    if (backup !== undefined) return backup;
    if (/\/hosts\/\w+\/metrics$/.test(path)) return [200, metricsAnswer.parse([])];
    if (/\/hosts\/\w+\/series$/.test(path)) return [200, seriesAnswer.parse({ series: [] })];
    const one = this.hosts.find(({ id }) => path === `/groups/g1/hosts/${id}`);
    return one === undefined
      ? [404, { code: 'NOT_FOUND', message: 'no such thing', hint: 'Check the id.' }]
      : [200, host.parse(one)];
  }

  #answers(url: URL): Readonly<Record<string, () => unknown>> {
    return {
      '/server': () =>
        serverInfo.parse({ version: '0.1.0', commit: 'fixture', publicUrl: 'https://leafward.example.net', tls: true }),
      '': () => group.parse(data.group),
      '/topology': () => topologyAnswer.parse(this.topology),
      '/hosts': () => hostsAnswer.parse(this.hosts),
      '/agents': () => agentsAnswer.parse(this.agents),
      '/keys': () => z.array(agentKey).parse(data.keys),
      '/download-choices': () => downloadChoices.parse(this.downloadChoices),
      '/groups/g2/download-choices': () => downloadChoices.parse(this.downloadChoices),
      '/downloads': () => z.array(download).parse(this.downloads),
      '/storage': () => storageUse.parse(data.storage),
      '/doctor/o1': () => doctorRun.parse(data.doctor),
      '/events': () => this.#events(url),
      '/exposure': () => groupExposure.parse(this.exposure),
    };
  }

  #ofPeople(path: string, url: URL): readonly [number, unknown] | undefined {
    if (path === '/session') return [200, sessionAnswer.parse({ ...this.people.session, warnings: this.warnings })];
    return this.people.read(path.replace('/groups/g1', ''), url);
  }

  #events(url: URL): unknown {
    const all = data.events(this.eventCount);
    const from = Number(url.searchParams.get('before') ?? 0);
    const to = from + Number(url.searchParams.get('limit') ?? 100);
    return eventsAnswer.parse({ events: all.slice(from, to), nextBefore: to < all.length ? String(to) : null });
  }

  #changePart(method: string, path: string): readonly [number, unknown] | undefined {
    const inGroup = path.replace('/groups/g1', '');
    const body = this.changes.at(-1)?.body;
    if (path.startsWith('/session') && method === 'POST') this.signedIn = true;
    const ofPeople = this.people.change(method, inGroup, body);
    if (ofPeople !== undefined) return ofPeople;
    if (path === '/session' && method === 'POST') return [200, sessionAnswer.parse(this.people.session)];
    return this.alerting.change(method, inGroup, body) ?? this.backups.change(method, inGroup);
  }

  #change(method: string, path: string): readonly [number, unknown] {
    const ofAPart = this.#changePart(method, path);
    if (ofAPart !== undefined) return ofAPart;
    if (path === '/setup' || path === '/session/link') return [200, sessionAnswer.parse(data.session)];
    if (path.endsWith('/hosts') && method === 'POST') return [201, host.parse(data.hosts()[2])];
    if (path === '/groups/g1/exposure') {
      this.exposure = { ...this.exposure, ...changeGroupExposure.parse(this.changes.at(-1)?.body) };
      return [200, groupExposure.parse(this.exposure)];
    }
    if (path.endsWith('/exposure')) {
      const [, , , , hostId] = path.split('/');
      return [200, hostExposure.parse(this.hosts.find(({ id }) => id === hostId)?.exposure)];
    }
    if (path.endsWith('/doctor'))
      return [200, doctorRun.parse({ ...data.doctor, done: false, steps: data.doctor.steps.slice(0, 2) })];
    if (path.endsWith('/downloads')) {
      const { agent: kind } = newDownloadRequest.parse(this.changes.at(-1)?.body);
      const made = {
        id: `d${this.downloads.length + 1}`,
        kind,
        createdAtMs: Date.now(),
        expiresAtMs: Date.now() + 86_400_000,
        revokedAtMs: null,
        downloads: 0,
        agent: null,
        agents: [],
      };
      this.downloads = z.array(download).parse([...this.downloads, made]);
      const name = `${kind === 'both' ? 'leafward-agents' : `leafward-${kind}-agent`}-production`;
      const base = `https://leafward.example.net/settings/agents/TOKEN/${name}`;
      const ofTarget = (target: string) =>
        `https://leafward.example.net/settings/agents/TOKEN/${target}/${name}-${target}`;
      return [
        200,
        newDownloadAnswer.parse({
          download: made,
          tarGzUrl: `${base}.tar.gz`,
          zipUrl: `${base}.zip`,
          fileName: `${name}.tar.gz`,
          ready: true,
          settingsUrl: 'https://leafward.example.net/settings/agents/TOKEN',
          archives: downloadTarget.options.map((target) => ({
            target,
            tarGzUrl: `${ofTarget(target)}.tar.gz`,
            zipUrl: `${ofTarget(target)}.zip`,
            fileName: `${name}-${target}`,
          })),
        }),
      ];
    }
    if (path.endsWith('/keys')) return [201, { key: data.keys[0], secret: 'lfw_k3_secret' }];
    return [method === 'DELETE' ? 204 : 200, method === 'DELETE' ? undefined : {}];
  }
}

const unavailable = [503, { code: 'STORE_BUSY', message: 'the store is busy', hint: 'Nothing is lost.' }] as const;
