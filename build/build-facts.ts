import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

interface BuildFacts {
  readonly version: string;
  readonly commit: string;
  readonly target: string;
}

/** What `leafward --version --json` says; depends on the sources alone, so that the same commit gives the same bytes. */
export function buildFacts(target: string): BuildFacts {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return { version, commit: process.env['LEAFWARD_COMMIT'] ?? commitOfTree(), target };
}

function commitOfTree(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    // Built from an archive of the sources.
    return 'unknown';
  }
}
