/**
 * `make packages`: archives of the agents without a group's values, for every platform of which dist/executables has an artifact,
 * into dist/packages/archives. They are what a server hands out under /settings, by the same code and the same names.
 */
import { createReadStream, createWriteStream, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { backupAgentSettings } from '../src/cli/backup-agent-settings.ts';
import { monitoringAgentSettings } from '../src/cli/monitoring-agent-settings.ts';
import { type ArchiveFormat, agentArchive, placeholders } from '../src/server/downloads/agent-archive.ts';
import type { ArchiveParts } from '../src/server/downloads/archive-entry.ts';
import { checkStreams, programsOf, readArtifact } from '../src/server/downloads/artifact-file.ts';
import { archiveFolder } from '../src/server/downloads/download-kind.ts';
import type { Programs } from '../src/server/downloads/program-source.ts';
import { targetOf } from '../src/server/downloads/target.ts';
import { downloadKind } from '../src/wire/api/downloads.ts';
import { buildFacts } from './build-facts.ts';
import { bundleProgram } from './bundle.ts';
import { orReport } from './or-report.ts';
import { dist } from './paths.ts';

const formats: readonly ArchiveFormat[] = ['tar.gz', 'zip'];
const tables = { monitoring: monitoringAgentSettings, backup: backupAgentSettings };

if (import.meta.main) await orReport(main());

async function main(): Promise<void> {
  const { assets } = await bundleProgram();
  const notices = assets.get('THIRD-PARTY-LICENSES.txt');
  const made = await makeBlankArchives({
    artifacts: join(dist, 'executables'),
    folder: join(dist, 'packages', 'archives'),
    version: buildFacts().version,
    ...(notices !== undefined && { notices }),
  });
  for (const path of made) console.log(`${path.slice(dist.length + 1)} ${(statSync(path).size / 1e6).toFixed(1)} MB`);
}

interface BlankInput {
  /** Folder of the artifacts. */
  readonly artifacts: string;
  /** Where the archives go; it begins empty. */
  readonly folder: string;
  readonly version: string;
  readonly notices?: Uint8Array;
}

/** Paths of what was made. @throws Error when there is no artifact of the version, INPUT_INVALID for one that is damaged */
export async function makeBlankArchives({ artifacts, folder, version, notices }: BlankInput): Promise<string[]> {
  const names = readdirSync(artifacts)
    .filter((name) => name.startsWith(`leafward-${version}-`) && name.endsWith('.artifact'))
    .sort();
  if (names.length === 0) throw new Error(`there are no artifacts of version ${version}: run "make executables"`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const made: string[] = [];
  for (const name of names) {
    const artifact = await readArtifact(join(artifacts, name));
    await checkStreams(artifact, AbortSignal.timeout(600_000));
    const programs: Programs = {
      target: targetOf(artifact.head.header),
      programs: programsOf(artifact),
      modifiedMs: artifact.head.header.modifiedAtSeconds * 1000,
      ...(notices !== undefined && { notices }),
    };
    for (const kind of downloadKind.options) {
      for (const format of formats) {
        const path = join(folder, `${archiveFolder(kind)}-${programs.target}.${format}`);
        const input = { kind, format, programs, settings: placeholders, tables, serverCa: undefined };
        await writeArchive(await agentArchive(input), path);
        made.push(path);
      }
    }
  }
  return made;
}

async function writeArchive({ segments }: ArchiveParts, path: string): Promise<void> {
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    for (const segment of segments) {
      if (segment instanceof Uint8Array) yield segment;
      else {
        const { offset, length } = segment;
        yield* createReadStream(segment.path, { start: offset, end: offset + length - 1, highWaterMark: 2 ** 20 });
      }
    }
  };
  await pipeline(Readable.from(chunks()), createWriteStream(path));
}
