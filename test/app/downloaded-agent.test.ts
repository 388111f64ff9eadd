import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Download, NewDownloadAnswer } from '../../src/wire/api/access.ts';
import { endChild, startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct, untilSampled } from '../support/product.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';

const skip = process.env['LEAFWARD_BIN'] === undefined ? 'only the built executable' : false;

/** As a user would: curl, then tar or unzip. Gives back the unpacked folder. */
async function unpackDownload(product: Product, format: 'tar.gz' | 'zip', folder: string): Promise<string> {
  const made = await product.api<NewDownloadAnswer>('POST', '/downloads');
  const url = format === 'zip' ? made.zipUrl : made.tarGzUrl;
  mkdirSync(folder);
  // The first archive is prepared in the background.
  execFileSync('curl', ['--silent', '--show-error', '--fail', '--remote-name', '--max-time', '120', url], {
    cwd: folder,
  });
  const file = basename(new URL(url).pathname);
  assert.deepEqual(readdirSync(folder), [file]);
  const [command, flags] = format === 'zip' ? ['unzip', '-q'] : ['tar', '-xzf'];
  execFileSync(command, [flags, file], { cwd: folder });
  return join(folder, 'leafward-monitoring-agent');
}

for (const format of ['tar.gz', 'zip'] as const) {
  test(`the agent of a downloaded ${format} finds the whole replica set and its figures arrive`, {
    skip,
    timeout: 180_000,
  }, async () => {
    await using folder = tempDir();
    await using set = await startReplicaSet({ members: 3 });
    await using product = await startProduct(folder);
    const unpacked = await unpackDownload(product, format, folder.file('download'));
    // From another folder and with nothing around it, so that only what the archive holds counts.
    const args = ['monitoring-agent', '--settings', join(unpacked, 'monitoring-agent.config')];
    const child = startChild(join(unpacked, 'leafward'), args, {
      cwd: folder.path,
      env: { PATH: '/usr/bin:/bin', LEAFWARD_ALLOW_ROOT: 'true' },
      stdio: 'ignore',
    });
    try {
      const [link] = await eventually(
        async () => {
          const links = await product.api<Download[]>('GET', '/downloads');
          return links[0]?.agent === null ? false : links;
        },
        { timeoutMs: 30_000, what: 'the first report of the downloaded agent' },
      );
      assert.ok(link?.agent);
      assert.equal(link.downloads, 1);
      await product.api('POST', '/hosts', { host: set.hosts[0] });
      const hosts = await untilSampled(product, set.hosts, { timeoutMs: 90_000 });
      assert.equal(hosts.length, 3);
    } finally {
      await endChild(child, 'SIGTERM');
    }
    assert.equal(child.exitCode, 0);
  });
}
