import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { AgentKind } from '../../src/wire/api/access.ts';
import type { BackupSet } from '../../src/wire/api/backups.ts';
import type { Agent } from '../../src/wire/api/deployment.ts';
import type { Download, NewDownloadAnswer } from '../../src/wire/api/downloads.ts';
import { endChild, startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct, untilSampled } from '../support/product.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const skip = process.env['LEAFWARD_BIN'] === undefined ? 'only the built executable' : false;

type Format = 'tar.gz' | 'zip';

/** As a user would: curl, then tar or unzip. Gives back the unpacked folder. */
async function unpackDownload(product: Product, agent: AgentKind, format: Format, folder: string): Promise<string> {
  const made = await product.api<NewDownloadAnswer>('POST', '/downloads', { agent });
  const url = format === 'zip' ? made.zipUrl : made.tarGzUrl;
  mkdirSync(folder);
  // The first archive is prepared in the background.
  execFileSync('curl', ['--silent', '--show-error', '--fail', '--remote-name', '--max-time', '300', url], {
    cwd: folder,
  });
  const file = basename(new URL(url).pathname);
  assert.deepEqual(readdirSync(folder), [file]);
  const [command, flags] = format === 'zip' ? ['unzip', '-q'] : ['tar', '-xzf'];
  execFileSync(command, [flags, file], { cwd: folder });
  return join(folder, `leafward-${agent}-agent`);
}

/** Downloads the agent, starts it, and does `work` once the link says that it has reported; then it must end well. */
async function withDownloadedAgent(
  product: Product,
  { agent, format, folder }: { readonly agent: AgentKind; readonly format: Format; readonly folder: TempDir },
  work: (agentId: string) => Promise<void>,
): Promise<void> {
  const unpacked = await unpackDownload(product, agent, format, folder.file(`${agent}-${format}`));
  // From another folder and with nothing around it, so that only what the archive holds counts.
  const args = [`${agent}-agent`, '--settings', join(unpacked, `${agent}-agent.config`)];
  const child = startChild(join(unpacked, 'leafward'), args, {
    cwd: folder.path,
    env: { PATH: '/usr/bin:/bin', LEAFWARD_ALLOW_ROOT: 'true' },
    stdio: 'ignore',
  });
  try {
    const link = await eventually(
      async () => {
        const [newest] = await product.api<Download[]>('GET', '/downloads');
        return newest?.agent === null ? false : newest;
      },
      { timeoutMs: 240_000, what: `the first report of the downloaded ${agent} agent` },
    );
    assert.ok(link?.agent);
    assert.equal(link.kind, agent);
    await eventually(async () => (await product.api<Download[]>('GET', '/downloads'))[0]?.downloads === 1);
    await work(link.agent.id);
  } finally {
    await endChild(child, 'SIGTERM');
  }
  assert.equal(child.exitCode, 0);
}

for (const format of ['tar.gz', 'zip'] as const) {
  test(`agents of downloaded ${format}s: one finds the replica set and its figures arrive, the other backs it up`, {
    skip,
    timeout: 600_000,
  }, async () => {
    await using folder = tempDir();
    await using set = await startReplicaSet({ members: 3 });
    await using product = await startProduct(folder);
    await withDownloadedAgent(product, { agent: 'monitoring', format, folder }, async () => {
      await product.api('POST', '/hosts', { host: set.hosts[0] });
      const hosts = await untilSampled(product, set.hosts, { timeoutMs: 240_000 });
      assert.equal(hosts.length, 3);
      await withDownloadedAgent(product, { agent: 'backup', format, folder }, async (agentId) => {
        await backUp(product);
        await eventually(async () => {
          const agents = await product.api<Agent[]>('GET', '/agents');
          const backup = agents.find(({ id }) => id === agentId);
          assert.deepEqual([backup?.kind, backup?.role, backup?.hosts], ['backup', 'active', 3]);
          return true;
        });
        assert.ok(readdirSync(folder.file(`backup-${format}/leafward-backup-agent/state`)).length > 0);
      });
    });
  });
}

/** Switches backup of the only set on and waits until it is protected. */
async function backUp(product: Product): Promise<void> {
  const found = await eventually(async () => (await product.api<BackupSet[]>('GET', '/backups'))[0]);
  await product.api('POST', `/backups/${found.replicaSetId}/start`);
  await eventually(
    async () => (await product.api<BackupSet>('GET', `/backups/${found.replicaSetId}`)).state === 'protected',
    { timeoutMs: 240_000, what: 'the replica set to be protected' },
  );
}
