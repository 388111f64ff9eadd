import { AppError } from '../../runtime/errors.ts';
import type { DownloadTarget } from '../../wire/api/downloads.ts';
import { programName } from '../../wire/artifact.ts';
import type { ProgramFile } from './archive-entry.ts';
import { programsOf } from './artifact-file.ts';
import type { ArtifactFolders, FoundArtifact } from './artifact-folder.ts';
import type { ExecutableSource } from './executable-source.ts';
import { allTargets, osOf, targetName, targetOf } from './target.ts';

/** What an archive for one platform holds besides its small files. */
export interface Programs {
  readonly target: DownloadTarget;
  readonly programs: readonly ProgramFile[];
  readonly modifiedMs: number;
  /** Notices of what the programs contain of others, where this process does not hold them itself. */
  readonly notices?: Uint8Array;
}

export interface TargetState {
  readonly target: DownloadTarget;
  readonly name: string;
  readonly available: boolean;
  readonly experimental: boolean;
  readonly reason: string | null;
}

interface SourceSettings {
  /** The executable that runs this server, and the platform that it is for. */
  readonly own: ExecutableSource;
  readonly ownTarget: DownloadTarget | undefined;
  readonly artifacts: ArtifactFolders;
  readonly version: string;
  readonly signal: AbortSignal;
}

/** Programs for all platforms: this server's own executable, and artifacts for the others. */
export class ProgramSource {
  readonly #settings: SourceSettings;

  constructor(settings: SourceSettings) {
    this.#settings = settings;
  }

  /** The platform of an address that names none. */
  defaultTarget(): DownloadTarget {
    return this.#settings.ownTarget ?? 'linux-x64';
  }

  /** The server's own executable, and whatever artifacts there are, made ready for the first download. */
  prepareInBackground(): void {
    const { own, artifacts, version, signal } = this.#settings;
    if (own.exists()) own.prepareInBackground();
    artifacts.prepare(version, signal).catch(() => {});
  }

  async states(): Promise<TargetState[]> {
    const found = await this.#settings.artifacts.list();
    this.prepareInBackground();
    return allTargets.map((target) => {
      const reason = this.isOwnTarget(target) ? null : this.#reasonAgainst(target, found);
      const experimental = found.some(({ file }) => {
        const header = file?.head.header;
        return header !== undefined && targetOf(header) === target && header.experimental;
      });
      return { target, name: targetName(target), available: reason === null, experimental, reason };
    });
  }

  /** @throws NOT_FOUND says what to do where this server has none for the platform; and as ExecutableSource.get() */
  async get(target: DownloadTarget): Promise<Programs> {
    const { own, ownTarget, artifacts, version, signal } = this.#settings;
    // Of Windows an artifact is better, where there is one: it has the service helper too.
    const ownFirst = this.isOwnTarget(target) && osOf(target) !== 'win';
    const artifact = ownFirst ? undefined : await artifacts.get(target, version, signal);
    if (artifact !== undefined) {
      return {
        target,
        programs: programsOf(artifact),
        modifiedMs: artifact.head.header.modifiedAtSeconds * 1000,
      };
    }
    if (target === ownTarget) {
      const { file, modifiedMs } = await own.get();
      return { target, programs: [{ name: programName(osOf(target)), file }], modifiedMs };
    }
    const reason = this.#reasonAgainst(target, await artifacts.list()) ?? '';
    const command = `leafward admin artifacts add leafward-${version}-${target}.artifact`;
    const hint = `${reason} On its machine: "${command}", or install the package leafward-artifacts.`;
    throw new AppError('NOT_FOUND', `there is no archive for ${targetName(target)}`, { hint, details: { target } });
  }

  /** Whether what runs this server is what archives for the platform hold. */
  isOwnTarget(target: DownloadTarget): boolean {
    return target === this.#settings.ownTarget && this.#settings.own.exists();
  }

  #reasonAgainst(target: DownloadTarget, found: readonly FoundArtifact[]): string | null {
    const { version } = this.#settings;
    const ofTarget = found.flatMap(({ file }) =>
      file !== undefined && targetOf(file.head.header) === target ? [file.head.header.version] : [],
    );
    if (ofTarget.includes(version)) return null;
    const other = ofTarget.length === 0 ? '' : ` It has version ${ofTarget.join(', ')}, and is ${version} itself.`;
    return `This server has no executable for ${targetName(target)}.${other}`;
  }
}
