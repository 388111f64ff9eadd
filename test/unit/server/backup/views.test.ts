import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ViewAnswer } from '../../../../src/wire/api/backup-reading.ts';
import { decodeViewChunks } from '../../../../src/wire/view-chunks.ts';
import { type BackupFixture, setId, startBackupFixture } from '../../../support/backup-fixture.ts';
import { api } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');
const uuid = 'a'.repeat(32);

async function startWithView(): Promise<BackupFixture> {
  const fixture = await startBackupFixture(['rs0']);
  const info = {
    uuid,
    database: 'shop',
    name: 'orders',
    type: 'collection',
    options: Buffer.from([5, 0, 0, 0, 0]),
    indexes: [Buffer.from([5, 0, 0, 0, 0])],
    capped: false,
    temporary: false,
  } as const;
  fixture.vault.view = {
    optime: { ts: (5n << 32n) | 3n, term: 2 },
    featureVersion: null,
    collections: [{ info, documents: 60, contentBytes: 600 }],
  };
  fixture.vault.chunks.set(
    uuid,
    Array.from({ length: 6 }, (_, index) => ({
      stored: Buffer.from(`block ${index}`),
      documents: 10,
      contentBytes: 100,
      lastKey: Buffer.from([255, 0, index]),
    })),
  );
  await api(fixture.server, fixture.group, 'POST', `/groups/${fixture.group.id}/backups/${rs0}/start`);
  return fixture;
}

async function open({ server, group }: BackupFixture, at: object): Promise<ViewAnswer> {
  const reply = await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/views`, at);
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json<ViewAnswer>();
}

test('a view is read chunk by chunk, from key to key, until nothing follows', async () => {
  await using fixture = await startWithView();
  const { server, group } = fixture;
  const view = await open(fixture, { atMs: 5000 });
  // A restore that reads it finds the same moment after a restart of the server.
  assert.deepEqual(fixture.vault.held, [server.clock.ms + 2 * 3_600_000]);
  assert.deepEqual([view.optime, view.atMs], [{ ts: '5:3', term: 2 }, 5000]);
  assert.deepEqual(
    view.collections.map((one) => [one.namespace, one.documents, one.options]),
    [['shop.orders', 60, 'BQAAAAA=']],
  );
  const path = `/groups/${group.id}/backups/${rs0}/views/${view.viewId}/collections/${uuid}/chunks?maxBytes=250`;
  const blocks: string[] = [];
  let after = '';
  for (let rounds = 0; rounds < 10; rounds++) {
    const reply = await api(server, group, 'GET', path + after);
    assert.equal(reply.headers['content-type'], 'application/octet-stream');
    assert.equal(Number(reply.headers['content-length']), reply.rawPayload.length);
    const chunks = decodeViewChunks(reply.rawPayload);
    if (chunks.length === 0) break;
    assert.equal(chunks.length, 2);
    blocks.push(...chunks.map(({ stored }) => stored.toString()));
    after = `&after=${chunks.at(-1)?.lastKey.toString('base64url')}`;
  }
  assert.deepEqual(blocks, ['block 0', 'block 1', 'block 2', 'block 3', 'block 4', 'block 5']);
});

test('one moment is named, and it can be restored', async () => {
  await using fixture = await startWithView();
  const { server, group } = fixture;
  const path = `/groups/${group.id}/backups/${rs0}/views`;
  for (const body of [{}, { atMs: 5000, optime: '5:1' }]) {
    assert.equal((await api(server, group, 'POST', path, body)).statusCode, 400);
  }
  const early = await api(server, group, 'POST', path, { atMs: 1 });
  assert.equal(early.json<{ code: string }>().code, 'NOT_RESTORABLE');
});

test('a view closes when it is told to, and by itself an hour after the last read', async () => {
  await using fixture = await startWithView();
  const { server, group, vault } = fixture;
  const first = await open(fixture, { snapshotId: 's1' });
  const second = await open(fixture, { optime: '5:3' });
  const of = (viewId: string) => `/groups/${group.id}/backups/${rs0}/views/${viewId}`;
  assert.equal((await api(server, group, 'DELETE', of(first.viewId))).statusCode, 204);
  assert.equal((await api(server, group, 'DELETE', of(first.viewId))).statusCode, 404);
  server.clock.ms += 3_500_000;
  assert.equal((await api(server, group, 'GET', `${of(second.viewId)}/collections/${uuid}/chunks`)).statusCode, 200);
  server.clock.ms += 3_500_000;
  await open(fixture, { atMs: 5000 });
  assert.equal(vault.openViews(), 2);
  server.clock.ms += 3_600_000;
  await open(fixture, { atMs: 5000 });
  assert.equal(vault.openViews(), 1);
  assert.equal((await api(server, group, 'GET', `${of(second.viewId)}/collections/${uuid}/chunks`)).statusCode, 404);
});

test('a collection that the view does not hold is not there, and keys are base64url', async () => {
  await using fixture = await startWithView();
  const { server, group } = fixture;
  const { viewId } = await open(fixture, { atMs: 5000 });
  const of = `/groups/${group.id}/backups/${rs0}/views/${viewId}/collections`;
  assert.equal((await api(server, group, 'GET', `${of}/${'b'.repeat(32)}/chunks`)).statusCode, 404);
  assert.equal((await api(server, group, 'GET', `${of}/${uuid}/chunks?after=a%2Bb`)).statusCode, 400);
});
