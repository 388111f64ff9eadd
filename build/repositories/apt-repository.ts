import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { controlField, debControl } from './deb-control.ts';
import type { Signer } from './signer.ts';

const architectures = ['amd64', 'arm64'] as const;
const pool = 'pool/main/l/leafward';
/** apt asks before it follows a repository that changed these: they stay. */
const identity = { Origin: 'Leafward', Label: 'Leafward', Suite: 'stable', Codename: 'stable' } as const;

/**
 * Adds packages to the apt repository in `folder` and signs it anew: dists/stable/InRelease over the indexes, which are there
 * by their hashes too, so that an update in the middle of this sees either the old state or the new one.
 */
export function updateAptRepository(folder: string, debs: readonly string[], signer: Signer, now: Date): void {
  mkdirSync(join(folder, pool), { recursive: true });
  for (const deb of debs) copyFileSync(deb, join(folder, pool, basename(deb)));
  const packages = readdirSync(join(folder, pool))
    .filter((name) => name.endsWith('.deb'))
    .toSorted();
  const stanzas = packages.map((name) => stanzaOf(join(folder, pool, name), `${pool}/${name}`));
  const indexes = new Map<string, Uint8Array>();
  for (const arch of architectures) {
    const text = stanzas
      .filter((stanza) => ['all', arch].includes(controlField(stanza, 'Architecture') ?? ''))
      .join('\n\n');
    const bytes = Buffer.from(text === '' ? '' : `${text}\n`);
    indexes.set(`main/binary-${arch}/Packages`, bytes);
    indexes.set(`main/binary-${arch}/Packages.gz`, gzipSync(bytes, { level: 9 }));
  }
  const dists = join(folder, 'dists', 'stable');
  for (const [name, bytes] of indexes) {
    write(join(dists, dirname(name), 'by-hash', 'SHA256', sha256(bytes)), bytes);
    write(join(dists, name), bytes);
  }
  const release = releaseFile(indexes, now);
  write(join(dists, 'Release'), release);
  write(join(dists, 'Release.gpg'), signer.detachedSign(release));
  write(join(dists, 'InRelease'), signer.clearSign(release));
  dropOldHashes(dists, indexes);
}

function stanzaOf(path: string, filename: string): string {
  const bytes = readFileSync(path);
  return `${debControl(path)}\nFilename: ${filename}\nSize: ${bytes.length}\nSHA256: ${sha256(bytes)}`;
}

function releaseFile(indexes: ReadonlyMap<string, Uint8Array>, now: Date): string {
  const fields = {
    ...identity,
    Date: now.toUTCString().replace('GMT', 'UTC'),
    Architectures: architectures.join(' '),
    Components: 'main',
    'Acquire-By-Hash': 'yes',
    Description: 'Leafward watches and backs up MongoDB',
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  const sums = [...indexes].map(([name, bytes]) => ` ${sha256(bytes)} ${bytes.length} ${name}`);
  return `${[...head, 'SHA256:', ...sums].join('\n')}\n`;
}

/** Two generations of by-hash files: who read the last InRelease still finds what it names. */
function dropOldHashes(dists: string, indexes: ReadonlyMap<string, Uint8Array>): void {
  const keptFile = join(dists, '.hashes');
  const now = [...indexes.values()].map(sha256);
  let before: string[] = [];
  try {
    before = readFileSync(keptFile, 'utf8').split('\n');
  } catch {
    // The first time.
  }
  const keep = new Set([...now, ...before]);
  for (const arch of architectures) {
    const folder = join(dists, 'main', `binary-${arch}`, 'by-hash', 'SHA256');
    for (const name of readdirSync(folder)) if (!keep.has(name)) rmSync(join(folder, name));
  }
  write(keptFile, `${now.join('\n')}\n`);
}

function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
