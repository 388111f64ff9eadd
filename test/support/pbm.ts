import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { endChild, startChild } from './child-process.ts';
import { eventually } from './eventually.ts';
import type { ReplicaSet } from './replica-set.ts';
import type { TempDir } from './temp-dir.ts';

const run = promisify(execFile);
const deadlineMs = 600_000;

/**
 * A logical backup of a set of one member by Percona Backup for MongoDB, zstd, into a local folder. `pbm`: path of the program; `pbm-agent`
 * stands beside it. Seconds of `pbm backup --wait`, and bytes of the files of the collections.
 */
export async function backUpWithPbm(
  pbm: string,
  set: ReplicaSet,
  folder: TempDir,
): Promise<{ readonly seconds: number; readonly bytes: number }> {
  const stored = folder.file('pbm');
  mkdirSync(stored);
  const config = folder.file('pbm.yaml');
  writeFileSync(config, `storage:\n  type: filesystem\n  filesystem:\n    path: ${stored}\npitr:\n  enabled: false\n`);
  const [host] = set.hosts;
  const uri = ['--mongodb-uri', `mongodb://${host}/?replicaSet=${set.name}`];
  const agent = startChild(join(dirname(pbm), 'pbm-agent'), uri, { stdio: 'ignore' });
  const ask = async (args: readonly string[]): Promise<string> =>
    (await run(pbm, [...args, ...uri], { timeout: deadlineMs })).stdout;
  try {
    await ask(['config', '--file', config]);
    const isWell = async (): Promise<boolean> =>
      (await ask(['status', '--sections', 'cluster', '--out', 'json'])).includes('"ok":true');
    await eventually(isWell, { timeoutMs: 240_000, everyMs: 500, what: 'an agent of PBM that is well' });
    const begun = performance.now();
    await ask(['backup', '--type', 'logical', '--compression', 'zstd', '--wait']);
    return { seconds: (performance.now() - begun) / 1000, bytes: bytesBelow(stored) };
  } finally {
    await endChild(agent, 'SIGTERM');
  }
}

function bytesBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((total, { parentPath, name }) => total + statSync(join(parentPath, name)).size, 0);
}
