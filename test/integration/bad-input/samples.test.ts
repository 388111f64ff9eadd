import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import type { SamplesMessage } from '../../../src/model/sample.ts';
import { schemaHash } from '../../../src/model/schema-hash.ts';
import { agentHeaders } from '../../../src/wire/protocol.ts';
import { encodeSamples } from '../../../src/wire/sample-frames.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { tempDir } from '../../support/temp-dir.ts';

interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}
interface Key {
  readonly groupId: string;
  readonly agentKey: string;
}

/** An agent as the server sees it: what it says is up to the test. */
class RawAgent {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #id = `a_${randomBytes(12).toString('hex')}`;
  readonly #instance = randomBytes(16).toString('hex');

  constructor(url: string, { groupId, agentKey }: Key) {
    this.#url = url;
    this.#headers = {
      authorization: `Bearer ${agentKey}`,
      [agentHeaders.protocol]: '1.0',
      [agentHeaders.group]: groupId,
      [agentHeaders.agent]: this.#id,
      [agentHeaders.instance]: this.#instance,
      [agentHeaders.epoch]: '1',
    };
  }

  async hello(): Promise<void> {
    const hello = { kind: 'monitoring', hostname: 'mon', version: '0.1.0', target: 'linux-x64', pid: 1 };
    const publicKey = randomBytes(32).toString('base64');
    const text = JSON.stringify({ ...hello, agentId: this.#id, instanceId: this.#instance, publicKey });
    assert.equal((await this.#post('hello', Buffer.from(text), {})).status, 200);
    const settings = `${this.#url}/agent/v1/settings?version=0&waitSeconds=0`;
    assert.equal((await fetch(settings, { headers: this.#headers })).status, 200);
  }

  send(message: SamplesMessage): Promise<Answer> {
    return this.sendBytes(zstdCompressSync(encodeSamples(message)));
  }

  sendBytes(bytes: Uint8Array): Promise<Answer> {
    return this.#post('samples', bytes, { 'content-encoding': 'zstd' });
  }

  async #post(path: string, bytes: Uint8Array, headers: Record<string, string>): Promise<Answer> {
    const response = await fetch(`${this.#url}/agent/v1/${path}`, {
      method: 'POST',
      headers: { ...this.#headers, 'content-type': 'application/octet-stream', ...headers },
      body: Buffer.from(bytes),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  }
}

function message(stream: string, atMs: number, names: readonly string[], values: readonly number[]): SamplesMessage {
  const hash = schemaHash(names);
  const run = { stream, source: 0 as const, schemaHash: hash, times: [atMs], values: [Float64Array.from(values)] };
  return { schemas: [{ hash, names }], runs: [run], gaps: [] };
}

async function points(product: Product, hostId: string, metric: string): Promise<(number | null)[]> {
  const now = Date.now();
  const query = new URLSearchParams({ metric, from: String(now - 900_000), to: String(now + 1000), points: '2000' });
  type Series = { readonly series: readonly { readonly points: readonly (readonly (number | null)[])[] }[] };
  const answer = await product.api<Series>('GET', `/hosts/${hostId}/series?${query}`);
  return (answer.series[0]?.points ?? []).map((point) => point[2] ?? null);
}

/** A second group of the same server, made by its owner on the page. */
async function otherGroup({ url }: Product): Promise<Key & { readonly hostId: string }> {
  const cookies: string[] = [];
  let csrf = '';
  const call = async (path: string, body: object): Promise<Record<string, string>> => {
    const headers = { 'content-type': 'application/json', 'leafward-csrf': csrf, cookie: cookies.join('; ') };
    const response = await fetch(`${url}/api/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${path}: ${response.status}`);
    for (const cookie of response.headers.getSetCookie()) cookies.push(cookie.split(';')[0] ?? '');
    return (await response.json()) as Record<string, string>;
  };
  csrf = (await call('/session', { email: 'me@example.net', password: 'correct horse battery' }))['csrf'] ?? '';
  const groupId = (await call('/groups', { name: 'B' }))['id'] ?? '';
  const agentKey = (await call(`/groups/${groupId}/keys`, { name: 'k', scope: 'both' }))['secret'] ?? '';
  const hostId = (await call(`/groups/${groupId}/hosts`, { host: 'db1:27017' }))['id'] ?? '';
  return { groupId, agentKey, hostId };
}

function residentBytes(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

test('numbers that are none are no value and harm no other; the chart stays readable', async () => {
  await using folder = tempDir('samples');
  await using product = await startProduct(folder);
  const agent = new RawAgent(product.url, product);
  await agent.hello();
  const { id } = await product.api<{ id: string }>('POST', '/hosts', { host: 'db1:27017' });
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, Number.MAX_VALUE];
  const begun = Date.now() - 60_000;
  for (const [at, value] of odd.entries()) {
    const { status, body } = await agent.send(message(id, begun + at * 10_000, ['odd', 'even'], [value, at]));
    assert.deepEqual([status, body['appendedSamples']], [200, 1]);
  }
  const known = (await points(product, id, 'odd')).filter((value) => value !== null);
  assert.deepEqual(known, [5e-324, Number.MAX_VALUE]);
  assert.deepEqual(
    (await points(product, id, 'even')).filter((value) => value !== null),
    [0, 1, 2, 3, 4],
  );
});

test('a host whose list of metrics changes with every poll is bounded, told as a gap, and harms no other host', async () => {
  await using folder = tempDir('samples');
  await using product = await startProduct(folder);
  const agent = new RawAgent(product.url, product);
  await agent.hello();
  const polls = 150;
  const wild = await product.api<{ id: string }>('POST', '/hosts', { host: 'db1:27017' });
  const calm = await product.api<{ id: string }>('POST', '/hosts', { host: 'db2:27017' });
  const begun = Date.now() - 180_000;
  let stored = 0;
  for (let poll = 0; poll < polls; poll++) {
    const atMs = begun + poll * 1000;
    const { status, body } = await agent.send(message(wild.id, atMs, ['steady', `changing.${poll}`], [1, poll]));
    assert.equal(status, 200, 'the agent is never held up');
    assert.deepEqual(body['missingSchemas'], []);
    stored += Number(body['appendedSamples']);
    assert.equal((await agent.send(message(calm.id, atMs, ['steady'], [poll]))).body['appendedSamples'], 1);
  }
  // Sixty an hour, and an hour may end meanwhile.
  assert.ok(stored >= 50 && stored < polls, `${stored} lists of metrics were taken in an hour`);
  assert.equal((await points(product, calm.id, 'steady')).filter((value) => value !== null).length, polls);
  // A list that is known is taken again.
  const again = await agent.send(message(wild.id, begun + (polls + 1) * 1000, ['steady', 'changing.0'], [1, 0]));
  assert.equal(again.body['appendedSamples'], 1);
});

test('a zstd bomb is refused, takes no memory, and the next message is taken', async () => {
  await using folder = tempDir('samples');
  await using product = await startProduct(folder);
  const agent = new RawAgent(product.url, product);
  await agent.hello();
  const bomb = zstdCompressSync(Buffer.alloc(512 * 2 ** 20));
  assert.ok(bomb.length < 100_000);
  const before = residentBytes(product.server.pid);
  const answers = await Promise.all(Array.from({ length: 8 }, () => agent.sendBytes(bomb)));
  for (const { status, body } of answers) {
    assert.equal(status, 413);
    assert.deepEqual(
      [body['code'], body['message']],
      ['BODY_TOO_LARGE', 'the body is larger than 64 MiB when decompressed'],
    );
  }
  const grown = residentBytes(product.server.pid) - before;
  assert.ok(grown < 2 ** 30, `grew by ${grown} bytes for 4 GiB of zeros`);
  const { id } = await product.api<{ id: string }>('POST', '/hosts', { host: 'db1:27017' });
  assert.equal((await agent.send(message(id, Date.now(), ['a'], [1]))).body['appendedSamples'], 1);
});

test("a group that sends with another group's host ids, schema hashes and keys learns and changes nothing", async () => {
  await using folder = tempDir('samples');
  await using product = await startProduct(folder);
  const { id } = await product.api<{ id: string }>('POST', '/hosts', { host: 'db1:27017' });
  const ours = new RawAgent(product.url, product);
  await ours.hello();
  const atMs = Date.now() - 30_000;
  await ours.send(message(id, atMs, ['secret.name'], [7]));
  const theirs = await otherGroup(product);
  const stranger = new RawAgent(product.url, theirs);
  await stranger.hello();
  const { schemas: _, ...bare } = message(id, atMs + 10_000, ['secret.name'], [666]);
  const foreign = await stranger.send({ schemas: [], ...bare });
  assert.deepEqual(foreign.body, { missingSchemas: [], appendedSamples: 0, unknownStreams: [id] });
  const probing = await stranger.send({
    schemas: [],
    runs: bare.runs.map((run) => ({ ...run, stream: theirs.hostId })),
    gaps: [],
  });
  assert.deepEqual(probing.body['missingSchemas'], [schemaHash(['secret.name'])], 'our schema is unknown to them');
  assert.equal(probing.body['appendedSamples'], 0);
  const mixed = new RawAgent(product.url, { groupId: product.groupId, agentKey: theirs.agentKey });
  await assert.rejects(mixed.hello());
  assert.deepEqual(
    (await points(product, id, 'secret.name')).filter((value) => value !== null),
    [7],
  );
});
