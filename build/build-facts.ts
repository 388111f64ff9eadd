import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

interface BuildFacts {
  readonly version: string;
  readonly commit: string;
  /** Version of MongoDB's driver. */
  readonly driver: string;
}

/** What `leafward --version --json` says; depends on the sources alone, so that the same commit gives the same bytes. */
export function buildFacts(): BuildFacts {
  return {
    version: versionOf('package.json'),
    commit: process.env['LEAFWARD_COMMIT'] ?? commitOfTree(),
    driver: versionOf('node_modules/mongodb/package.json'),
  };
}

/**
 * The time that files of a build bear, in seconds since 1970: SOURCE_DATE_EPOCH (https://reproducible-builds.org) or that of the
 * commit; without either 1980-01-01, the first that a zip can hold.
 */
export function buildSeconds(): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  return Number(git(['log', '-1', '--format=%ct']) ?? 315_532_800);
}

function versionOf(path: string): string {
  return (JSON.parse(readFileSync(join(root, path), 'utf8')) as { version: string }).version;
}

function commitOfTree(): string {
  return git(['rev-parse', '--short=12', 'HEAD']) ?? 'unknown';
}

/** Undefined when this is built from an archive of the sources. */
function git(args: readonly string[]): string | undefined {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return undefined;
  }
}
