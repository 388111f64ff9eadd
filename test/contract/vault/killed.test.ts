import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVault } from '../../../src/cli/open-vault.ts';
import { parseTimestamp, timestampText } from '../../../src/model/optime.ts';
import type { VaultService } from '../../../src/vault/ports.ts';
import { startChild } from '../../support/child-process.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { documentsOf, groupId, replicaSetId } from '../../unit/vault/source-model.ts';
import { history, type KilledHistory, uuid } from './killed-history.ts';

const kills = Number(process.env['LEAFWARD_TEST_KILLS'] ?? 3);
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const changes = 160;

/** What the process acknowledged before it was killed, some time after so many lines (0: never), and whether it came to its end. */
async function runUntilKilled(dir: string, killAfter: number, delayMs: number) {
  const file = new URL('./work-until-killed.ts', import.meta.url).pathname;
  const args = [file, dir, String(seed), String(changes)];
  const child = startChild(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, errors] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    const before = out.split('\n').length - 1;
    out += String(chunk);
    const lines = out.split('\n').length - 1;
    if (before < killAfter && lines >= killAfter) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  child.stderr?.on('data', (chunk) => (errors += String(chunk)));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (exit, by) => resolve([exit, by])),
  );
  assert.ok(signal === 'SIGKILL' || code === 0, `it ended with ${code} ${signal}: ${errors}`);
  return { lines: out.split('\n').filter((line) => line !== ''), ended: code === 0 };
}

async function readAt(vault: VaultService, optime: string) {
  const { viewId } = await vault.openView(groupId, replicaSetId, { optime });
  const documents = await documentsOf(vault, viewId, uuid, 4000);
  await vault.closeView(viewId);
  return documents;
}

/** Every moment that can be restored reads as it was; nothing that was acknowledged is missing; no block is damaged. */
async function compare(dir: string, { moments }: KilledHistory, acknowledged: readonly string[]): Promise<number> {
  const vault = await openVault({ dir, readOnly: true });
  try {
    const set = await vault.set(groupId, replicaSetId);
    const slices = acknowledged.findLast((line) => line.startsWith('slices '))?.slice(7);
    if (slices !== undefined) {
      assert.ok((set?.checkpoint?.ts ?? 0n) >= parseTimestamp(slices), `slices up to ${slices} were acknowledged`);
    }
    if (acknowledged.includes('scanned')) assert.equal(set?.scan, null);
    const { restorable } = set ?? {};
    const inside = moments.filter(
      ({ ts }) => restorable != null && ts >= restorable.from.ts && ts <= restorable.until.ts,
    );
    const every = Math.max(1, Math.floor(inside.length / 5));
    for (const { ts, documents } of inside.filter((_, index) => index % every === 0 || index === inside.length - 1)) {
      assert.deepEqual(await readAt(vault, timestampText(ts)), documents, timestampText(ts));
    }
    const snapshots = await vault.snapshots(groupId, replicaSetId);
    for (const { optime } of snapshots) {
      const { documents } = moments.findLast(({ ts }) => ts <= parseTimestamp(optime.ts)) ?? {};
      assert.deepEqual(await readAt(vault, optime.ts), documents, `snapshot ${optime.ts}`);
    }
    assert.deepEqual((await vault.verify(groupId, null)).damage, []);
    return inside.length + snapshots.length;
  } finally {
    await vault.close();
  }
}

test('a store whose process was killed at any moment is whole, and goes on', { timeout: 240_000 }, async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using dir = tempDir('killed');
  const story = history(seed, changes);
  let compared = 0;
  for (let kill = 1; kill <= kills; kill++) {
    const { lines, ended } = await runUntilKilled(dir.path, 3 + ((seed * kill) % 23), (seed * kill * 7) % 40);
    compared += await compare(dir.path, story, lines);
    if (ended) break;
  }
  const { ended } = await runUntilKilled(dir.path, 0, 0);
  assert.ok(ended);
  compared += await compare(dir.path, story, []);
  t.diagnostic(`${compared} moments were compared`);
  assert.ok(compared > kills);
});
