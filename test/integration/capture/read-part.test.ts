import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { readBlock } from '../../../src/blocks/block-codec.ts';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { idPlace } from '../../../src/capture/scan/id-place.ts';
import { PieceMaker } from '../../../src/capture/scan/piece-maker.ts';
import { readNaturalPart } from '../../../src/capture/scan/read-natural.ts';
import { type PartReader, readIdPart } from '../../../src/capture/scan/read-part.ts';
import type { ScanJob, ScanPiece } from '../../../src/capture/scan/scan-messages.ts';
import { MemberClient } from '../../../src/capture/source/member-client.ts';
import { looseBound } from '../../../src/deployment/loose-bound.ts';
import { timestampText } from '../../../src/model/optime.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { insertRaw } from '../../support/wire-insert.ts';
import { oddDocuments } from '../../support/workload/odd-documents.ts';

const groupKey = randomBytes(32);
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);

interface ReadPart {
  readonly documents: Buffer[];
  readonly pieces: readonly ScanPiece[];
}

async function read(member: MemberClient, job: ScanJob): Promise<ReadPart> {
  const pieces: ScanPiece[] = [];
  const reader: PartReader = {
    member,
    job,
    data: { groupKey, level: 1 },
    pieces: new PieceMaker(1, async (piece) => void pieces.push(piece)),
    spend: async () => {},
    check: () => {},
    signal: AbortSignal.timeout(120_000),
  };
  await (job.order === 'id' ? readIdPart(reader) : readNaturalPart(reader));
  const documents = pieces.flatMap(({ blocks }) =>
    blocks.flatMap(({ id, stored }) => {
      const content = readBlock(Buffer.from(stored), id, groupKey);
      return Array.from({ length: content.count }, (_, index) => content.document(index));
    }),
  );
  return { documents, pieces };
}

async function jobOn(member: MemberClient, database: string, uuid: string): Promise<ScanJob> {
  const { majority } = await member.hello(AbortSignal.timeout(120_000));
  return {
    id: 1,
    connection: { host: member.host, tls: false },
    database,
    name: 'any',
    uuid,
    order: 'id',
    capped: false,
    lower: null,
    upper: null,
    after: null,
    readAfter: timestampText(majority?.ts ?? 0n),
    averageBytes: 0,
    partBytes: 0,
  };
}

const hexes = (documents: readonly Buffer[]): string[] => documents.map((document) => document.toString('hex'));

function sorted(documents: readonly Buffer[]): Buffer[] {
  return documents.toSorted((a, b) => Buffer.compare(documentKey(a), documentKey(b)));
}

test('_ids of every type: a read goes on after any document, and parts that share a bound make the whole', async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using set = await startReplicaSet();
  await using client = await set.connect();
  const [mongod] = set.members;
  assert.ok(mongod);
  const documents = new Map(
    oddDocuments(seed, 500).map((document) => [documentKey(document).toString('hex'), document]),
  );
  const all = [...documents.values()];
  await insertRaw(mongod.port, 'odd', all);
  // The server refuses some for what they hold, and writes the time into empty timestamps.
  const held = (await client.db('test').collection('odd').find({}, { raw: true }).toArray()) as unknown as Buffer[];
  assert.ok(held.length > 250, `${held.length} documents`);
  const [info] = await client.db('test').listCollections({ name: 'odd' }).toArray();
  const uuid = (info as { info: { uuid: { toString(encoding: string): string } } }).info.uuid.toString('hex');
  await client.db('test').command({ insert: 'other', documents: [{}], writeConcern: { w: 'majority' } });
  const member = new MemberClient({ host: mongod.host, tls: false });
  try {
    const job = await jobOn(member, 'test', uuid.replaceAll('-', ''));
    const expected = hexes(sorted(held));
    const whole = await read(member, job);
    assert.deepEqual(hexes(whole.documents), expected);
    for (let at = 0; at < expected.length; at += 5) {
      const document = Buffer.from(expected[at] ?? '', 'hex');
      const place = idPlace(document, 0, document.length);
      const rest = await read(member, { ...job, after: place });
      assert.deepEqual(hexes(rest.documents), expected.slice(at + 1), `after ${place.toString('hex')}`);
      if (!looseBound(place).isExact) continue;
      const below = await read(member, { ...job, upper: place });
      const above = await read(member, { ...job, lower: place });
      assert.deepEqual(hexes([...below.documents, ...above.documents]), expected, `cut at ${place.toString('hex')}`);
    }
  } finally {
    await member.close();
  }
});

test('every piece names the last document that is in it, also when documents are of 16 MB', async () => {
  await using set = await startReplicaSet({ cacheSizeGB: 1 });
  await using client = await set.connect();
  const [mongod] = set.members;
  assert.ok(mongod);
  const large = client.db('shop').collection<{ _id: number }>('large');
  for (let _id = 0; _id < 4; _id++) await large.insertOne({ _id, body: randomBytes(16 * 2 ** 20 - 100) } as never);
  const small = Array.from({ length: 3000 }, (_, index) => ({ _id: index + 10, body: randomBytes(1000) }));
  await large.insertMany(small as never, { writeConcern: { w: 'majority' } });
  const [info] = await client.db('shop').listCollections({ name: 'large' }).toArray();
  const uuid = (info as { info: { uuid: { toString(encoding: string): string } } }).info.uuid.toString('hex');
  const member = new MemberClient({ host: mongod.host, tls: false });
  try {
    const job = await jobOn(member, 'shop', uuid.replaceAll('-', ''));
    const { documents, pieces } = await read(member, job);
    assert.equal(documents.length, 3004);
    assert.ok(pieces.length > 3);
    let lastKey = '';
    for (const { blocks, after, done } of pieces) {
      lastKey = Buffer.from(blocks.at(-1)?.lastKey ?? []).toString('hex') || lastKey;
      assert.ok(after !== null);
      assert.equal(documentKey(Buffer.from(after)).toString('hex'), lastKey);
      assert.equal(done, after === pieces.at(-1)?.after);
    }
    const middle = pieces[Math.floor(pieces.length / 2)]?.after ?? null;
    const rest = await read(member, { ...job, after: middle });
    const from = documents.findIndex((document) =>
      documentKey(document).equals(documentKey(Buffer.from(middle ?? []))),
    );
    assert.ok(hexes(rest.documents).every((hex, index) => hex === documents[from + 1 + index]?.toString('hex')));
    assert.equal(rest.documents.length, documents.length - from - 1);
  } finally {
    await member.close();
  }
});
