import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pythonProgram } from '../platform-tools.ts';
import type { PackageEntry } from './contents.ts';
import type { PackageArch, PackageFacts, PackageKind } from './package-facts.ts';

/** As nfpm takes it (github.com/goreleaser/chglog). */
export interface ChangelogRecord {
  readonly semver: string;
  readonly date: string;
  readonly packager: string;
  readonly changes: readonly { readonly note: string }[];
}

/** One package, ready to be written. */
export interface PackagePlan {
  readonly name: string;
  readonly kind: PackageKind;
  /** `all`: nothing in it depends on the machine. */
  readonly arch: PackageArch | 'all';
  readonly summary: string;
  readonly description: string;
  readonly depends: readonly string[];
  readonly entries: readonly PackageEntry[];
  /** Text of each script that it runs. */
  /** What it holds cannot be made smaller. */
  readonly isCompressed?: boolean;
  /** For rpm, newest first: its own records instead of a file. */
  readonly changelog: readonly ChangelogRecord[];
  readonly scripts: Partial<Readonly<Record<'preinstall' | 'postinstall' | 'preremove' | 'postremove', string>>>;
}

const archNames: Readonly<Record<PackagePlan['arch'], string>> = { x64: 'amd64', arm64: 'arm64', all: 'all' };

export interface PackageTarget {
  readonly folder: string;
  /** Takes what nfpm reads. */
  readonly scratch: string;
  /** Signs rpms. */
  readonly keyFile: string | undefined;
  /** Holds the passphrase of that key, when it has one. */
  readonly passphraseFile?: string | undefined;
  /** Compresses debs little: for tests. */
  readonly quick?: boolean;
  /** Default: all that there are. */
  readonly archs?: readonly PackageArch[];
}

/** Writes the package into `folder` and gives back its path. */
export function writePackage(
  plan: PackagePlan,
  facts: PackageFacts,
  { folder, scratch, keyFile, passphraseFile, quick = false }: PackageTarget,
): string {
  const work = join(scratch, `${plan.name}-${plan.kind}-${plan.arch}`);
  mkdirSync(join(work, 'files'), { recursive: true });
  const config = {
    name: plan.name,
    arch: archNames[plan.arch],
    platform: 'linux',
    version: facts.version,
    version_schema: 'semver',
    release: facts.release,
    section: 'database',
    priority: 'optional',
    maintainer: facts.maintainer,
    vendor: 'Leafward',
    homepage: homepage(),
    license: 'Apache-2.0',
    description: `${plan.summary}\n${plan.description}`,
    // Nothing depends on who builds it, and when.
    umask: 0o022,
    mtime: facts.date.toISOString(),
    disable_globbing: true,
    depends: plan.depends,
    contents: plan.entries.map((entry) => contentOf(entry, plan.kind, work)),
    ...(plan.kind === 'rpm' && { changelog: written(join(work, 'changelog.json'), JSON.stringify(plan.changelog)) }),
    scripts: Object.fromEntries(
      Object.entries(plan.scripts).map(([name, text]) => [name, written(join(work, name), text)]),
    ),
    deb: { compression: plan.isCompressed === true ? 'none' : quick ? 'gzip:1' : 'xz' },
    rpm: {
      compression: plan.isCompressed === true ? 'gzip:1' : 'zstd',
      summary: plan.summary.replace(/^./, (first) => first.toUpperCase()),
      group: 'Applications/Databases',
      buildhost: 'leafward',
      packager: facts.maintainer,
      ...(keyFile !== undefined && { signature: { key_file: keyFile } }),
    },
  };
  const file = written(join(work, 'nfpm.json'), JSON.stringify(config, null, 2));
  mkdirSync(folder, { recursive: true });
  const env = {
    ...process.env,
    SOURCE_DATE_EPOCH: String(facts.date.getTime() / 1000),
    ...(passphraseFile !== undefined && { NFPM_PASSPHRASE: readFileSync(passphraseFile, 'utf8').trimEnd() }),
  };
  const args = ['package', '--config', file, '--packager', plan.kind, '--target', folder];
  const said = execFileSync(pythonProgram('nfpm'), args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const path = /^created package: (.*)$/m.exec(said)?.[1];
  if (path === undefined) throw new Error(`nfpm did not say what it made: ${said}`);
  return path;
}

function contentOf(entry: PackageEntry, kind: PackageKind, work: string): object {
  const { path, mode, owner = 'root', group = 'root', config, doc } = entry;
  const info = { mode, owner, group };
  if (entry.text === undefined && entry.file === undefined) return { dst: path, type: 'dir', file_info: info };
  const name = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const src = entry.file ?? written(join(work, 'files', name), entry.text ?? '');
  const type = config === true ? { type: 'config|noreplace' } : doc === true && kind === 'rpm' ? { type: 'doc' } : {};
  return { src, dst: path, ...type, file_info: info };
}

function written(path: string, content: string | Uint8Array): string {
  writeFileSync(path, content);
  return path;
}

function homepage(): string {
  return 'https://leafward.example/';
}
