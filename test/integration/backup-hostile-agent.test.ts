import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serialize, Timestamp } from 'bson';
import fc from 'fast-check';
import { blockId, packContent } from '../../src/blocks/block-codec.ts';
import { blockMagic, entryKind } from '../../src/blocks/block-content.ts';
import { documentKey } from '../../src/blocks/document-key.ts';
import { emptyChain, makeSlice } from '../../src/capture/tail/slice.ts';
import { openVault } from '../../src/cli/open-vault.ts';
import type { VaultService } from '../../src/vault/ports.ts';
import { packEnvelope } from '../../src/wire/backup-envelope.ts';
import { backupAgent, discover, setId, tasksOf, tell } from '../support/backup-fixture.ts';
import { addGroup, api, type ServerFixture, startFixture, type TestAgent } from '../support/server-fixture.ts';
import { tempDir } from '../support/temp-dir.ts';

const rs0 = setId('rs0');
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const uuid = '0123456789abcdef0123456789abcdef';
const beginMs = 1_763_719_200;
const empty = Buffer.from([5, 0, 0, 0, 0]).toString('base64');

interface Begun {
  readonly server: ServerFixture;
  readonly vault: VaultService;
  readonly agent: TestAgent;
  readonly groupId: string;
  /** What the agent would send next, as it should be. */
  readonly blocks: Buffer;
  readonly slices: Buffer;
}

/** A real store behind the routes, and an agent in the middle of an initial sync. */
async function begin(folder: string, stack: AsyncDisposableStack): Promise<Begun> {
  const vault = await openVault({ dir: folder });
  stack.defer(() => vault.close());
  const server = stack.use(await startFixture({ vault }));
  const group = await addGroup(server, 'one');
  await discover(server, group, ['rs0']);
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group);
  const { tasks, blockKey } = await tasksOf(server, agent);
  const { epoch = 0, scan } = tasks[0] ?? {};
  const place = { replicaSetId: rs0, epoch };
  const scanId = scan?.scanId ?? '';
  const from = { ts: `${beginMs}:1`, term: 1 };
  const collection = { uuid, database: 'shop', name: 'orders', type: 'collection', options: empty, indexes: [] };
  const plan = {
    collections: [{ ...collection, capped: false, temporary: false, documents: 3, bytes: 99 }],
    parts: [{ uuid, part: 0, order: 'id', lower: null, upper: null }],
  };
  for (const [path, body] of [
    ['scan/begin', { ...place, scanId, from }],
    ['scan/plan', { ...place, scanId, ...plan, last: true }],
  ] as const) {
    const reply = await tell(server, agent, path, body);
    assert.equal(reply.statusCode, 200, reply.body);
  }
  const blocks = blocksOf({ ...place, scanId }, Buffer.from(blockKey, 'base64'));
  return { server, vault, agent, groupId: group.id, blocks, slices: await slicesOf(place) };
}

function blocksOf(place: object, blockKey: Buffer): Buffer {
  const documents = [1, 2, 3].map((_id) => Buffer.from(serialize({ _id, text: `order ${_id}` })));
  const content = Buffer.concat([blockMagic, ...documents.flatMap((one) => [Buffer.of(entryKind.document), one])]);
  const stored = packContent(content, 1);
  const keys = documents.map((one) => documentKey(one).toString('base64'));
  const block = {
    ...{ run: 0, id: blockId(content, blockKey).toString('hex'), firstKey: keys[0], lastKey: keys[2] },
    ...{ count: 3, contentBytes: content.length, length: stored.length },
  };
  const after = Buffer.from(serialize({ _id: 3 })).toString('base64');
  const piece = {
    uuid,
    part: 0,
    number: 0,
    restart: false,
    after,
    done: true,
    documents: 3,
    bytes: 99,
    blocks: [block],
  };
  return packEnvelope({ ...place, pieces: [piece] }, [stored]);
}

async function slicesOf(place: object): Promise<Buffer> {
  const entries = [1, 2].map((ordinal) =>
    Buffer.from(
      serialize({
        ...{ op: 'n', ns: '', o: { msg: 'periodic noop' }, ts: new Timestamp({ t: beginMs, i: ordinal }) },
        ...{ t: 1, v: 2, wall: new Date(beginMs * 1000) },
      }),
    ),
  );
  const ts = (ordinal: number): bigint => (BigInt(beginMs) << 32n) | BigInt(ordinal);
  const content = {
    after: null,
    bytes: Buffer.concat(entries),
    first: ts(1),
    last: { ts: ts(2), term: 1 },
    entries: 2,
  };
  const { meta, frame } = await makeSlice({ after: null, chain: emptyChain }, content, 1);
  return packEnvelope({ ...place, slices: [meta] }, [frame]);
}

/** One byte another, some bytes missing, or bytes too many. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('add' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 20 }) }),
);

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

function damaged(bytes: Buffer, how: Damage): Buffer {
  if (how.kind === 'cut') return bytes.subarray(0, how.at % bytes.length);
  if (how.kind === 'add') return Buffer.concat([bytes, how.bytes]);
  const copy = Buffer.from(bytes);
  const at = how.at % copy.length;
  copy[at] = (copy[at] ?? 0) ^ how.by;
  return copy;
}

test('what an agent sends as it should be is taken, and taken again without a word', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir('sound-agent'));
  const { server, agent, blocks, slices } = await begin(folder.file('backups'), stack);
  for (const [path, whole] of [
    ['scan/blocks', blocks],
    ['scan/blocks', blocks],
    ['slices', slices],
    ['slices', slices],
  ] as const) {
    const reply = await tell(server, agent, path, Buffer.from(whole));
    assert.equal(reply.statusCode, 200, `${path}: ${reply.body}`);
  }
});

test('whatever a broken agent sends is refused as its fault, and what is whole is taken afterwards', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir('hostile-agent'));
  const { server, vault, agent, groupId, blocks, slices } = await begin(folder.file('backups'), stack);
  for (const [path, whole] of [
    ['scan/blocks', blocks],
    ['slices', slices],
  ] as const) {
    await fc.assert(
      fc.asyncProperty(damage, async (how) => {
        const reply = await tell(server, agent, path, Buffer.from(damaged(whole, how)));
        assert.ok(reply.statusCode < 500, `${path}, ${JSON.stringify(how)}: ${reply.statusCode} ${reply.body}`);
      }),
      { numRuns: 150, seed },
    );
  }
  // A number that was damaged may have been taken as it stood; nothing else was, and the set goes on.
  for (const [path, whole] of [
    ['scan/blocks', blocks],
    ['slices', slices],
  ] as const) {
    const reply = await tell(server, agent, path, Buffer.from(whole));
    assert.ok(reply.statusCode === 200 || reply.statusCode === 409, `${path}: ${reply.body} (seed ${seed})`);
  }
  const { damage: found } = await vault.verify(groupId, null);
  assert.deepEqual(found, [], `seed ${seed}`);
});
