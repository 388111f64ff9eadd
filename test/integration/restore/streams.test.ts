import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { test } from 'node:test';
import type { RestoreSource } from '../../../src/restore/ports.ts';
import { restoreStream } from '../../../src/restore/restore-stream.ts';
import { startMongod } from '../../support/mongod.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { memorySource, readDatabases } from '../../support/restore-source.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { catalogNow, hashesAt, naturalOrder } from '../../support/workload/source-oracle.ts';
import { fillEveryKind, seed } from './every-kind.ts';

const mongorestore = process.env['MONGORESTORE'];
const skip = mongorestore === undefined ? 'MONGORESTORE names no mongorestore' : false;
const versions: readonly MongodVersion[] = ['6.0', '5.0', '4.4'];

for (const version of versions) {
  for (const format of version === '6.0' ? (['archive', 'tar'] as const) : (['archive'] as const)) {
    test(`a real mongorestore brings back what the ${format} of a mongod ${version} holds`, { skip }, async (t) => {
      t.diagnostic(`seed ${seed}`);
      await using folder = tempDir('streams');
      await using from = await startMongod({ version });
      await using to = await startMongod({ version });
      await using source = await from.connect();
      await using target = await to.connect();
      await fillEveryKind(source, from.port, version);
      const view = memorySource(await readDatabases(source, ['test', 'shop']), { sourceVersion: `${version}.0` });

      if (format === 'archive') await restoreArchive(view, to.uri, folder.file('made.archive.gz'));
      else await restoreTar(view, to.uri, folder.path);

      assert.deepEqual(await hashesAt(target, undefined), await hashesAt(source, undefined));
      assert.deepEqual(anyOrder(await catalogNow(target)), anyOrder(await catalogNow(source)));
      assert.deepEqual(await naturalOrder(target, 'shop', 'log'), await naturalOrder(source, 'shop', 'log'));
    });
  }
}

async function restoreArchive(source: RestoreSource, uri: string, path: string): Promise<void> {
  await write(source, 'archive', path);
  await runMongorestore([`--uri=${uri}`, '--gzip', `--archive=${path}`]);
}

async function restoreTar(source: RestoreSource, uri: string, folder: string): Promise<void> {
  const path = join(folder, 'made.tar.gz');
  const into = join(folder, 'dump');
  await write(source, 'tar', path);
  mkdirSync(into);
  execFileSync('tar', ['-xzf', path, '-C', into]);
  await runMongorestore([`--uri=${uri}`, `--dir=${into}`]);
}

async function write(source: RestoreSource, format: 'archive' | 'tar', path: string): Promise<void> {
  const signal = new AbortController().signal;
  await pipeline(Readable.from(restoreStream({ source, format, namespaces: [], signal })), createWriteStream(path));
}

async function runMongorestore(args: readonly string[]): Promise<void> {
  const child = spawn(mongorestore ?? '', ['--bypassDocumentValidation', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const [status] = await once(child, 'close');
  assert.equal(status, 0, said);
}

/** mongorestore sends the options of an index in no order. */
function anyOrder(catalog: ReadonlyMap<string, string>): Map<string, unknown> {
  return new Map([...catalog].map(([namespace, text]) => [namespace, JSON.parse(text)]));
}
