import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { SegmentLog } from '../../../src/storage/filesystem/segment-log.ts';
import { watchSyncs } from '../../support/file-sync.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { numbered, openStore } from './pack-blocks.ts';
import { slicesOf } from './slices.ts';

const set = '0123456789abcdef01234567';
const broken = (): never => {
  throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
};

test('bytes are durable before the index names them', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  const log = new SegmentLog({ database: opened.database, folder: join(dir.path, 'slices') });
  const [slice] = slicesOf(0n, [9n]);
  assert.ok(slice !== undefined);
  const rows = (): unknown =>
    opened.database.prepare('SELECT (SELECT count(*) FROM blocks) + (SELECT count(*) FROM slices) AS n').get()?.['n'];
  const seen: unknown[] = [];
  using watched = await watchSyncs(() => seen.push(rows()));
  assert.ok(watched !== undefined);
  await opened.store.put([numbered(1), numbered(2)]);
  await log.append(set, [slice]);
  assert.deepEqual([seen, rows()], [[0, 2], 3]);
  await log.close();
  await opened.close();
});

test('after a sync that failed nothing is acknowledged, and the file is not appended to again', async () => {
  await using dir = tempDir();
  let opened = await openStore(dir.path);
  let log = new SegmentLog({ database: opened.database, folder: join(dir.path, 'slices') });
  const slices = slicesOf(0n, [9n, 19n, 29n]);
  await opened.store.put([numbered(1)]);
  await log.append(set, slices.slice(0, 1));
  {
    using failing = await watchSyncs(broken);
    assert.ok(failing !== undefined);
    await assert.rejects(opened.store.put([numbered(2)]), { code: 'STORE_CORRUPT' });
    await assert.rejects(log.append(set, slices.slice(1)), { code: 'STORE_CORRUPT' });
  }
  assert.deepEqual(await opened.store.has([numbered(1).id, numbered(2).id]), [true, false]);
  assert.deepEqual(await log.last(set), slices[0]?.info);
  await opened.store.put([numbered(2)]);
  await log.append(set, slices.slice(1));
  const files = (table: string): unknown => opened.database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'];
  assert.deepEqual([files('packs'), files('segments')], [2, 2]);
  await log.close();
  await opened.close();

  opened = await openStore(dir.path);
  log = new SegmentLog({ database: opened.database, folder: join(dir.path, 'slices') });
  for (const number of [1, 2]) assert.deepEqual(await opened.store.read(numbered(number).id), numbered(number).stored);
  assert.equal((await Array.fromAsync(log.read(set, 0n, new AbortController().signal))).length, 3);
  await log.close();
  await opened.close();
});
