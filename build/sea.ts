import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtifactTarget } from '../src/wire/artifact.ts';
import type { Program } from './bundle.ts';
import { stripElf } from './elf/strip-elf.ts';
import { signAdhoc } from './macho/adhoc-sign.ts';
import { checkSignature } from './macho/check-signature.ts';
import { withoutAuthenticode } from './pe/authenticode.ts';
import { withOurResources } from './pe/resources.ts';

/** What is the same for every platform; docs/adr/0001-build-sea.md gives the reasons. */
export const nodeSettings = {
  mainFormat: 'module',
  disableExperimentalSEAWarning: true,
  useSnapshot: false,
  // SIGUSR1 would open a debugger port to every local user.
  // Young objects beyond 12 MB (three such spaces) cost an agent of many hosts twice its memory and save little time.
  execArgv: ['--disable-sigusr1', '--max-semi-space-size=4'],
  // NODE_OPTIONS is meant for other programs.
  execArgvExtension: 'none',
};

export interface SeaInput {
  readonly program: Program;
  readonly target: ArtifactTarget;
  /** Node's own program for the target. */
  readonly base: Buffer;
  readonly version: string;
  /** An empty folder. Everything has a fixed name there, because Node writes the name of the main file into the result. */
  readonly scratch: string;
}

/** Node with the program inside, signed where the platform asks for it. The same input gives the same bytes, wherever it runs. */
export function makeExecutable({ program, target, base, version, scratch }: SeaInput): Buffer {
  writeFileSync(join(scratch, 'leafward.mjs'), program.code);
  writeFileSync(join(scratch, 'base'), prepared(base, target, version));
  mkdirSync(join(scratch, 'assets'));
  const assets: Record<string, string> = {};
  for (const [index, [name, bytes]] of [...program.assets].entries()) {
    assets[name] = join('assets', String(index));
    writeFileSync(join(scratch, assets[name]), bytes);
  }
  const settings = {
    main: 'leafward.mjs',
    executable: 'base',
    output: 'leafward',
    assets,
    // Only for the machine's own platform: elsewhere V8 refuses the cache with a warning.
    useCodeCache: isOwnPlatform(target),
    ...nodeSettings,
  };
  writeFileSync(join(scratch, 'sea.json'), JSON.stringify(settings));
  // V8 seeds its hashes at random, which would show in the code cache: with a fixed seed (of this step only) the same
  // sources give the same bytes.
  execFileSync(process.execPath, ['--random-seed=1', '--build-sea', 'sea.json'], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return finished(readFileSync(join(scratch, 'leafward')), target);
}

/** What must happen before: stripping a finished executable drops the program, and its resources are one of Windows'. */
function prepared(base: Buffer, { os }: ArtifactTarget, version: string): Buffer {
  if (os === 'linux') return stripElf(base);
  if (os === 'darwin') return base;
  return withOurResources(withoutAuthenticode(base), { fileName: 'leafward.exe', description: 'Leafward', version });
}

function finished(made: Buffer, { os }: ArtifactTarget): Buffer {
  if (os === 'linux') return made;
  // Sets the checksum anew.
  if (os === 'win') return withoutAuthenticode(made);
  const signed = signAdhoc(made, 'leafward');
  checkSignature(signed);
  return signed;
}

function isOwnPlatform({ os, arch }: ArtifactTarget): boolean {
  return arch === process.arch && os === (process.platform === 'win32' ? 'win' : process.platform);
}
