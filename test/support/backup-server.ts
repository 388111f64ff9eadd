import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { zstdDecompressSync } from 'node:zlib';
import type { z } from 'zod';
import { readBlock } from '../../src/blocks/block-codec.ts';
import { documentEnd } from '../../src/model/bson-walk.ts';
import { parseTimestamp } from '../../src/model/optime.ts';
import { openEnvelope } from '../../src/wire/backup-envelope.ts';
import {
  type BackupReportRequest,
  type BackupTask,
  type BlocksHead,
  backupReportRequest,
  blocksHead,
  haveRequest,
  type OptimeMessage,
  type ScanPart,
  type ScanPlanRequest,
  type ScanState,
  type SlicesHead,
  scanBeginRequest,
  scanFinishRequest,
  scanPlanRequest,
  slicesHead,
} from '../../src/wire/backup-messages.ts';
import { agentRoutes, bodyLimits } from '../../src/wire/protocol.ts';

/** A document as it came in a block, with its key. */
export interface CopiedDocument {
  readonly key: string;
  readonly document: Buffer;
  /** In natural order, of capped collections. */
  readonly sequence: string | undefined;
}

/** What the server has of one replica set. */
export class BackupSetState {
  readonly replicaSetId: string;
  task: BackupTask;
  /** Raw entries in order, of all slices. */
  readonly entries: Buffer[] = [];
  readonly slices: SlicesHead['slices'][number][] = [];
  readonly collections = new Map<string, ScanPlanRequest['collections'][number]>();
  /** By `uuid:part`, the blocks' documents in the order of arrival. */
  readonly parts = new Map<string, CopiedDocument[]>();
  /** Stored blocks by id. */
  readonly blocks = new Map<string, Buffer>();
  finished: OptimeMessage | null = null;
  report: BackupReportRequest['tasks'][number] | undefined;
  /** That were sent, compressed. */
  storedBytes = 0;
  contentBytes = 0;

  constructor(task: BackupTask) {
    this.task = task;
    this.replicaSetId = task.replicaSetId;
  }

  /** Documents of a collection, by key; a key that comes twice (natural order) has its latest. */
  documentsOf(uuid: string): Map<string, Buffer> {
    const found = new Map<string, Buffer>();
    for (const [name, documents] of this.parts) {
      if (name.startsWith(`${uuid}:`)) for (const { key, document } of documents) found.set(key, document);
    }
    return found;
  }

  /** Numbers of the parts that a collection was read in. */
  partsOf(uuid: string): string[] {
    return [...this.parts.keys()].filter((name) => name.startsWith(`${uuid}:`));
  }

  /** Documents of a capped collection in the order of their places. */
  inPlace(uuid: string): Buffer[] {
    const all = this.partsOf(uuid).flatMap((name) => this.parts.get(name) ?? []);
    const place = ({ sequence = '' }: CopiedDocument): string => sequence;
    return all.toSorted((a, b) => (place(a) < place(b) ? -1 : 1)).map(({ document }) => document);
  }

  collection(namespace: string): ScanPlanRequest['collections'][number] {
    const found = [...this.collections.values()].find(({ database, name }) => `${database}.${name}` === namespace);
    assert.ok(found, `${namespace} is not in the plan`);
    return found;
  }
}

export interface BackupServer extends AsyncDisposable {
  readonly url: string;
  readonly blockKey: Buffer;
  readonly sets: Map<string, BackupSetState>;
  /** The tasks have changed: long polls answer. */
  changed(): void;
  /** Answers 503 to everything but hello, until told otherwise. */
  away: boolean;
  /** Answers 503 to those who ask for their tasks: what an agent learns of a lease, it learns from a refusal. */
  tasksAway: boolean;
  /** Takes no slices, as if they came for a scan that another one has replaced. */
  refusesSlices: boolean;
  /** Keeps what it gets (documents, entries); else only counts. */
  keep: boolean;
  /** Paths in the order in which they were asked for. */
  readonly asked: string[];
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** A server that takes what a backup agent sends, and believes nothing of it. */
export async function startBackupServer(): Promise<BackupServer> {
  const blockKey = randomBytes(32);
  const sets = new Map<string, BackupSetState>();
  const waiting = new Set<() => void>();
  let version = 1;
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  const state: BackupServer = {
    url: `http://127.0.0.1:${address.port}`,
    blockKey,
    sets,
    away: false,
    tasksAway: false,
    refusesSlices: false,
    keep: true,
    asked: [],
    changed() {
      version++;
      for (const wake of waiting) wake();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Reply;
    try {
      const url = new URL(request.url ?? '/', state.url);
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const sent = Buffer.concat(parts);
      const body = request.headers['content-encoding'] === 'zstd' ? zstdDecompressSync(sent) : sent;
      assert.ok(sent.length <= bodyLimits.envelopeBytes, `a body of ${sent.length} bytes`);
      state.asked.push(url.pathname);
      if (state.away) reply = { status: 503, body: problem('TIMEOUT', 'away') };
      else if (url.pathname === agentRoutes.backupTasks) reply = await answerTasks(url, response);
      else reply = answer(state, url.pathname, body);
    } catch (thrown) {
      reply = { status: 400, body: problem('INPUT_INVALID', String(thrown)) };
    }
    response.statusCode = reply.status;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(reply.body));
  }

  async function answerTasks(url: URL, response: ServerResponse): Promise<Reply> {
    if (url.searchParams.get('version') === String(version)) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Number(url.searchParams.get('waitSeconds')) * 1000);
        const end = (): void => {
          clearTimeout(timer);
          waiting.delete(end);
          resolve();
        };
        waiting.add(end);
        if (response.closed || response.destroyed) end();
        else response.once('close', end);
      });
    }
    if (state.tasksAway) return { status: 503, body: problem('TIMEOUT', 'away') };
    const tasks = [...sets.values()].map(({ task }) => task);
    return {
      status: 200,
      body: { version, leaseMs: 20_000, blockKey: blockKey.toString('base64'), compressionLevel: 1, tasks },
    };
  }

  return state;
}

function problem(code: string, message: string, details: unknown = {}): unknown {
  return { code, message, hint: 'see the test', details };
}

function answer(server: BackupServer, path: string, body: Buffer): Reply {
  switch (path) {
    case agentRoutes.hello:
      return { status: 200, body: { serverVersion: 'test', serverTimeMs: Date.now(), approved: true } };
    case agentRoutes.backupLeave:
      return { status: 200, body: { ok: true } };
    case agentRoutes.backupReport: {
      for (const task of json(body, backupReportRequest).tasks) {
        const set = server.sets.get(task.replicaSetId);
        if (set !== undefined) set.report = task;
      }
      return { status: 200, body: { ok: true } };
    }
    case agentRoutes.slices: {
      if (server.refusesSlices)
        return { status: 409, body: problem('SLICE_GAP', 'nobody asked for it', { checkpoint: null, chain: null }) };
      const { head, rest } = openEnvelope(body, slicesHead);
      return withSet(server, head, (set) => takeSlices(server, set, head, rest));
    }
    case agentRoutes.scanBegin: {
      const request = json(body, scanBeginRequest);
      return withSet(server, request, (set) => {
        const scan = scanOf(set, request.scanId);
        scan.from ??= request.from;
        return { status: 200, body: scan };
      });
    }
    case agentRoutes.scanPlan: {
      const request = json(body, scanPlanRequest);
      return withSet(server, request, (set) => takePlan(set, request));
    }
    case agentRoutes.scanBlocks: {
      const { head, rest } = openEnvelope(body, blocksHead);
      return withSet(server, head, (set) => takeBlocks(server, set, head, rest));
    }
    case agentRoutes.scanHave: {
      const request = json(body, haveRequest);
      return withSet(server, request, (set) => ({
        status: 200,
        body: { have: request.ids.map((id) => set.blocks.has(id)) },
      }));
    }
    case agentRoutes.scanFinish: {
      const request = json(body, scanFinishRequest);
      return withSet(server, request, (set) => {
        const scan = scanOf(set, request.scanId);
        assert.ok(
          scan.parts.every(({ done }) => done),
          'a part is not done',
        );
        set.finished = request.until;
        set.task = { ...set.task, scan: null };
        server.changed();
        return { status: 200, body: { ok: true } };
      });
    }
    default:
      return { status: 404, body: problem('NOT_FOUND', path) };
  }
}

function json<S extends z.ZodType>(body: Buffer, schema: S): z.output<S> {
  return schema.parse(JSON.parse(body.toString('utf8')));
}

function withSet(
  server: BackupServer,
  { replicaSetId, epoch }: { readonly replicaSetId: string; readonly epoch: number },
  work: (set: BackupSetState) => Reply,
): Reply {
  const set = server.sets.get(replicaSetId);
  if (set?.task.epoch !== epoch) return { status: 409, body: problem('LEASE_LOST', 'another agent has this set') };
  return work(set);
}

/** Parts are kept as they change. */
type Changing<T> = { -readonly [K in keyof T]: T[K] };

function scanOf(set: BackupSetState, scanId: string): Changing<ScanState> {
  const { scan } = set.task;
  assert.ok(scan !== null && scan.scanId === scanId, `there is no open scan ${scanId}`);
  return scan;
}

function takePlan(set: BackupSetState, request: ScanPlanRequest): Reply {
  const scan = scanOf(set, request.scanId);
  assert.ok(scan.from !== null && !scan.planned);
  for (const collection of request.collections) {
    assert.ok(!set.collections.has(collection.uuid), `${collection.name} is planned twice`);
    set.collections.set(collection.uuid, collection);
  }
  for (const part of request.parts) {
    assert.ok(set.collections.has(part.uuid) || !request.last);
    scan.parts.push({ ...part, after: null, next: 0, done: false, documents: 0, bytes: 0 });
  }
  scan.planned = request.last;
  return { status: 200, body: scan };
}

function takeBlocks(server: BackupServer, set: BackupSetState, head: BlocksHead, bytes: Buffer): Reply {
  const scan = scanOf(set, head.scanId);
  let at = 0;
  for (const piece of head.pieces) {
    const part: Changing<ScanPart> | undefined = scan.parts.find(
      ({ uuid, part: number }) => uuid === piece.uuid && number === piece.part,
    );
    assert.ok(part, 'the plan has no such part');
    const name = `${piece.uuid}:${piece.part}`;
    const isNew = piece.number >= part.next;
    assert.ok(piece.number <= part.next, `piece ${piece.number} came, ${part.next} is awaited`);
    assert.ok(!isNew || !part.done, 'a piece comes after the last one');
    if (isNew && piece.restart) set.parts.delete(name);
    const documents = set.parts.get(name) ?? [];
    const sent = piece.blocks.reduce((sum, { length }) => sum + length, 0);
    if (isNew) takePiece(server, set, { piece, part, documents }, bytes.subarray(at, at + sent));
    at += sent;
    if (!isNew) continue;
    set.parts.set(name, documents);
    part.next++;
    part.after = piece.after;
    part.done = piece.done;
    part.documents += piece.documents;
    part.bytes += piece.bytes;
  }
  assert.equal(at, bytes.length, 'bytes follow the last block');
  return { status: 200, body: { newBytes: bytes.length } };
}

interface Taken {
  readonly piece: BlocksHead['pieces'][number];
  readonly part: ScanPart;
  /** Of the part until now; those of the piece are added. */
  readonly documents: CopiedDocument[];
}

function takePiece(server: BackupServer, set: BackupSetState, { piece, part, documents }: Taken, bytes: Buffer): void {
  let at = 0;
  let before: string | undefined = part.order === 'id' ? documents.at(-1)?.key : undefined;
  let run = -1;
  for (const block of piece.blocks) {
    const sent = bytes.subarray(at, at + block.length);
    at += block.length;
    const stored = block.length === 0 ? set.blocks.get(block.id) : sent;
    assert.ok(stored, 'a block came without its bytes, but is not here');
    if (server.keep) set.blocks.set(block.id, Buffer.from(stored));
    const content = readBlock(stored, Buffer.from(block.id, 'hex'), server.blockKey);
    assert.equal(content.count, block.count);
    assert.ok(content.key(0).equals(Buffer.from(block.firstKey, 'base64')));
    assert.ok(content.key(content.count - 1).equals(Buffer.from(block.lastKey, 'base64')));
    if (block.run !== run && part.order === 'natural') before = undefined;
    run = block.run;
    for (let index = 0; index < content.count; index++) {
      const key = content.key(index).toString('latin1');
      assert.ok(before === undefined || key > before, 'keys do not increase');
      before = key;
      const { sequence } = content.entry(index);
      const document = server.keep ? Buffer.from(content.document(index)) : Buffer.alloc(0);
      if (!server.keep) documents.length = 0;
      documents.push({ key, document, sequence: sequence?.toString('hex') });
    }
    set.storedBytes += sent.length;
    set.contentBytes += block.contentBytes;
  }
}

function takeSlices(server: BackupServer, set: BackupSetState, head: SlicesHead, bytes: Buffer): Reply {
  let at = 0;
  for (const slice of head.slices) {
    const frame = bytes.subarray(at, at + slice.length);
    at += slice.length;
    const { checkpoint, chain, scan } = set.task;
    if (checkpoint !== null && parseTimestamp(slice.last.ts) <= parseTimestamp(checkpoint.ts)) continue;
    if (slice.after?.ts !== checkpoint?.ts || slice.after?.term !== checkpoint?.term) {
      return { status: 409, body: problem('SLICE_GAP', `it follows ${slice.after?.ts}`, { checkpoint, chain }) };
    }
    if (slice.after === null && slice.first !== scan?.from?.ts) {
      return { status: 409, body: problem('SLICE_GAP', `it begins at ${slice.first}`, { checkpoint, chain }) };
    }
    const content = zstdDecompressSync(frame);
    assert.equal(content.length, slice.contentBytes);
    const hash = createHash('sha256').update(content).digest();
    assert.equal(hash.toString('hex'), slice.hash);
    const before = chain === null ? Buffer.alloc(32) : Buffer.from(chain, 'hex');
    assert.equal(createHash('sha256').update(before).update(hash).digest('hex'), slice.chain);
    let entries = 0;
    for (let entry = 0; entry < content.length; entries++) {
      const end = documentEnd(content, entry, content.length);
      if (server.keep) set.entries.push(Buffer.from(content.subarray(entry, end)));
      entry = end;
    }
    assert.equal(entries, slice.entries);
    set.slices.push(slice);
    set.task = { ...set.task, checkpoint: slice.last, chain: slice.chain };
  }
  assert.equal(at, bytes.length, 'bytes follow the last slice');
  const { checkpoint, chain } = set.task;
  return { status: 200, body: { checkpoint, chain } };
}
