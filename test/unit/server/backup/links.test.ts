import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { RestoreStream } from '../../../../src/server/backup/ports.ts';
import { RestoreLinks } from '../../../../src/server/backup/restore-links.ts';
import { createHoldStore, createLinkStore } from '../../../../src/storage/sqlite/restore-link-store.ts';
import type { NewRestoreLinkAnswer, RestoreLink } from '../../../../src/wire/api/backup-reading.ts';
import { auditTrail } from '../../../support/audit-trail.ts';
import { type BackupFixture, setId, startBackupFixture } from '../../../support/backup-fixture.ts';
import { eventually } from '../../../support/eventually.ts';
import { addGroup, api, memoryDatabase } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');
const piece = Buffer.alloc(100_000, 'x');

/** Two pieces; what stands between them is the test's. */
function streamOf(between: () => Promise<void> = async () => {}): RestoreStream {
  return async function* stream({ signal }) {
    yield piece;
    await between();
    signal.throwIfAborted();
    yield piece;
  };
}

async function startLinks(stream: RestoreStream): Promise<BackupFixture & { readonly url: string }> {
  const fixture = await startBackupFixture(['rs0'], { stream });
  const { server, group } = fixture;
  fixture.vault.view = { optime: { ts: 1_763_719_200n << 32n, term: 1 }, featureVersion: null, collections: [] };
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await server.context.address.setPublicUrl(`http://127.0.0.1:${port}`);
  return { ...fixture, url: `http://127.0.0.1:${port}` };
}

async function make({ server, group }: BackupFixture, body: object = {}): Promise<NewRestoreLinkAnswer> {
  const path = `/groups/${group.id}/backups/${rs0}/restore-links`;
  const reply = await api(server, group, 'POST', path, { snapshotId: 's1', format: 'archive', ...body });
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json<NewRestoreLinkAnswer>();
}

async function links({ server, group }: BackupFixture): Promise<RestoreLink[]> {
  const reply = await api(server, group, 'GET', `/groups/${group.id}/backups/${rs0}/restore-links`);
  return reply.json<RestoreLink[]>();
}

const get = (url: string) => fetch(url, { signal: AbortSignal.timeout(90_000) });

test('a link streams once and is used up; the line to copy fails when the transfer does', async () => {
  await using fixture = await startLinks(streamOf());
  const { url, command, link } = await make(fixture);
  assert.match(url, /\/restore\/[A-Za-z0-9_-]{43}\/rs0-20251121T100000Z\.archive\.gz$/);
  assert.equal(
    command,
    `set -o pipefail; curl -fsS '${url}' | mongorestore --archive --gzip --bypassDocumentValidation`,
  );
  assert.equal(JSON.stringify(link).includes(url.split('/')[4] ?? ''), false);
  const reply = await get(url);
  assert.deepEqual(
    [reply.status, reply.headers.get('cache-control'), reply.headers.get('referrer-policy')],
    [200, 'no-store', 'no-referrer'],
  );
  assert.equal((await reply.arrayBuffer()).byteLength, 200_000);
  await eventually(async () => (await links(fixture))[0]?.state === 'used', { what: 'the link to be used up' });
  assert.equal((await links(fixture))[0]?.sentBytes, 200_000);
  assert.equal(fixture.vault.openViews(), 0);
  const again = await get(url);
  assert.deepEqual([again.status, ((await again.json()) as { code: string }).code], [410, 'LINK_EXPIRED']);
});

test('what fails in the middle is cut, not ended; after three attempts the link is over', async () => {
  await using fixture = await startLinks(
    streamOf(async () => {
      throw new Error('a damaged block');
    }),
  );
  const { url } = await make(fixture);
  for (let attempt = 1; attempt <= 3; attempt++) {
    const reply = await get(url);
    assert.equal(reply.status, 200);
    await assert.rejects(reply.arrayBuffer());
    await eventually(async () => (await links(fixture))[0]?.state !== 'running', { what: 'the transfer to end' });
    assert.equal((await links(fixture))[0]?.attempts, attempt);
  }
  assert.deepEqual([(await links(fixture))[0]?.state, (await get(url)).status], ['failed', 410]);
  assert.equal(fixture.vault.openViews(), 0);
});

test('one transfer at a time; a reader that goes away leaves the link for another try', async () => {
  const gate = Promise.withResolvers<void>();
  await using fixture = await startLinks(streamOf(() => gate.promise));
  const { url } = await make(fixture);
  const stop = new AbortController();
  const first = await fetch(url, { signal: stop.signal });
  const second = await get(url);
  assert.deepEqual([second.status, ((await second.json()) as { code: string }).code], [409, 'CONFLICT']);
  stop.abort();
  await first.arrayBuffer().catch(() => {});
  await eventually(async () => (await links(fixture))[0]?.state === 'waiting', {
    what: 'the first transfer to be over',
  });
  gate.resolve();
  assert.equal((await (await get(url)).arrayBuffer()).byteLength, 200_000);
});

test('revoked while it runs: the transfer is cut', async () => {
  await using fixture = await startLinks(streamOf(() => delay(120_000, undefined, { ref: false })));
  const { server, group } = fixture;
  const { url, link } = await make(fixture);
  const reply = await get(url);
  const path = `/groups/${group.id}/backups/${rs0}/restore-links/${link.id}`;
  assert.equal((await api(server, await addGroup(server, 'two'), 'DELETE', path)).statusCode, 404);
  assert.equal((await api(server, group, 'DELETE', path)).statusCode, 204);
  await assert.rejects(reply.arrayBuffer());
  assert.deepEqual([(await links(fixture))[0]?.state, (await get(url)).status], ['revoked', 410]);
});

test('a link that is not begun within an hour is over; its moment is held until then, no view is', async () => {
  await using fixture = await startLinks(streamOf());
  const { url } = await make(fixture);
  fixture.server.clock.ms += 3_600_000;
  assert.deepEqual([(await get(url)).status, (await links(fixture))[0]?.state], [410, 'expired']);
  assert.deepEqual([fixture.vault.held, fixture.vault.openViews()], [[fixture.server.clock.ms], 0]);
});

test('only GET, and only with the token; a guess says nothing about whether links exist', async () => {
  await using fixture = await startLinks(streamOf());
  const { url } = await make(fixture, { format: 'tar' });
  assert.match(url, /\.tar\.gz$/);
  for (const method of ['HEAD', 'POST', 'DELETE']) assert.equal((await fetch(url, { method })).status, 404, method);
  const guess = await get(url.replace(/restore\/.{5}/, 'restore/AAAAA'));
  assert.equal(guess.status, 404);
  assert.equal((await links(fixture))[0]?.attempts, 0);
});

test('a server that comes back knows its links, their attempts and their ends', async () => {
  const store = createLinkStore(memoryDatabase());
  const clock = { ms: 1_000_000, now: () => clock.ms };
  const over: string[] = [];
  const reopen = async () =>
    new RestoreLinks(clock, { store, known: await store.links(), onOver: async ({ id }) => void over.push(id) });
  let book = await reopen();
  const selection = { namespace: 'shop.orders', filter: { a: 1 }, ids: [{ $oid: '0123456789abcdef01234567' }] };
  const place = { groupId: 'g1', replicaSetId: rs0, setName: 'rs0', optime: { ts: 5n << 32n, term: 2 } };
  const what = { format: 'archive', namespaces: ['shop.*'], selection, contentBytes: 1e12 } as const;
  const parts = { ...place, ...what, expiresAtMs: clock.ms + 3_600_000 };
  const cut = await book.add({ ...parts, id: 'x_cut' });
  const whole = await book.add({ ...parts, id: 'x_whole', selection: null });
  const revoked = await book.add({ ...parts, id: 'x_revoked' });
  const { running: _, ...kept } = cut.link;
  assert.deepEqual((await store.links())[0], kept);
  assert.equal(JSON.stringify(kept, (_key, value) => String(value)).includes(cut.token), false);
  await book.finish((await book.begin(whole.token)).link, true);
  await book.revoke(revoked.link);
  for (const attempt of [1, 2, 3]) {
    assert.equal((await book.begin(cut.token)).link.attempts, attempt);
    // The server is killed while it streams.
    book = await reopen();
    assert.equal(book.get('g1', rs0, 'x_cut').attempts, attempt);
  }
  for (const token of [cut.token, whole.token, revoked.token]) {
    await assert.rejects(book.begin(token), { code: 'LINK_EXPIRED' });
  }
  assert.deepEqual(
    book.list('g1', rs0).map((link) => book.stateOf(link)),
    ['used', 'revoked', 'failed'],
  );
  clock.ms += 25 * 3_600_000;
  await book.clean();
  assert.deepEqual([await store.links(), over], [[], ['x_whole', 'x_revoked']]);
});

test('a moment that is held is known again until its time is over', async () => {
  const store = createHoldStore(memoryDatabase());
  await store.save({ id: 'a', replicaSetId: rs0, ts: (5n << 32n) | 7n, untilMs: 100 });
  await store.save({ id: 'a', replicaSetId: rs0, ts: (5n << 32n) | 7n, untilMs: 200 });
  await store.save({ id: 'b', replicaSetId: rs0, ts: 1n, untilMs: 300 });
  await store.remove('b');
  assert.deepEqual(await store.valid(150), [{ id: 'a', replicaSetId: rs0, ts: (5n << 32n) | 7n, untilMs: 200 }]);
  assert.deepEqual(await store.valid(200), []);
});

test('what was made, begun and completed is in the audit trail, the token is not', async () => {
  await using fixture = await startLinks(streamOf());
  const { server, group } = fixture;
  const { url } = await make(fixture, { namespaces: ['shop.*'] });
  await (await get(url)).arrayBuffer();
  const trail = () => auditTrail(server, group);
  await eventually(async () => (await trail())[0]?.action === 'restoreLink.downloaded', { what: 'the last entry' });
  const [ended, began, made] = await trail();
  assert.deepEqual([began?.action, made?.action], ['restoreLink.started', 'restoreLink.made']);
  assert.deepEqual(ended?.actor, { kind: 'link', id: made?.detail['link'], name: 'restore link' });
  assert.ok(Number(ended?.detail['sentBytes']) > 0 && ended?.address === '127.0.0.1', JSON.stringify(ended));
  assert.deepEqual(made?.detail['namespaces'], ['shop.*']);
  assert.equal(JSON.stringify(await trail()).includes(url.split('/')[4] ?? ''), false);
});
