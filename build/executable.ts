/** Makes dist/leafward, the single executable for this machine's platform; does nothing when its inputs have not changed. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { bundleProgram, type Program } from './bundle.ts';
import { orReport } from './or-report.ts';
import { dist, root } from './paths.ts';

const output = join(dist, process.platform === 'win32' ? 'leafward.exe' : 'leafward');
const stamp = join(dist, 'leafward.inputs');
/** Goes into the stamp: raise it when the way of building changes. */
const recipe = 3;

const nodeSettings = {
  mainFormat: 'module',
  disableExperimentalSEAWarning: true,
  // Only for the machine's own platform: elsewhere V8 refuses the cache with a warning.
  useCodeCache: true,
  useSnapshot: false,
  // SIGUSR1 would open a debugger port to every local user.
  // Young objects beyond 12 MB (three such spaces) cost an agent of many hosts twice its memory and save little time.
  execArgv: ['--disable-sigusr1', '--max-semi-space-size=4'],
  // NODE_OPTIONS is meant for other programs.
  execArgvExtension: 'none',
};

if (import.meta.main) await orReport(main());

async function main(): Promise<void> {
  const program = await bundleProgram();
  const inputs = inputsOf(program);
  if (existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === inputs) {
    console.log(`${output.slice(root.length + 1)} is current`);
    return;
  }
  mkdirSync(dist, { recursive: true });
  const scratch = mkdtempSync(join(dist, 'executable-'));
  try {
    const made = makeExecutable(program, scratch);
    rmSync(stamp, { force: true });
    renameSync(made, output);
    writeFileSync(stamp, inputs);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const sha256 = createHash('sha256').update(readFileSync(output)).digest('hex');
  console.log(`${output.slice(root.length + 1)} ${(statSync(output).size / 1e6).toFixed(1)} MB sha256 ${sha256}`);
}

/** SHA-256 over everything that the executable is made of. */
export function inputsOf({ code, assets }: Program): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, process.version, nodeSettings]))
    .update(code);
  for (const [name, bytes] of assets) hash.update(`\n${name} ${bytes.length}\n`).update(bytes);
  return hash.digest('hex');
}

/**
 * Makes the executable of a bundle inside the folder `scratch` and gives back its path. Everything has a fixed name there,
 * because Node writes the name of the main file into it: the same bundle gives the same bytes, wherever it is built.
 */
export function makeExecutable({ code, assets }: Program, scratch: string): string {
  writeFileSync(join(scratch, 'leafward.mjs'), code);
  mkdirSync(join(scratch, 'assets'));
  const paths: Record<string, string> = {};
  for (const [index, [name, bytes]] of [...assets].entries()) {
    paths[name] = join('assets', String(index));
    writeFileSync(join(scratch, paths[name]), bytes);
  }
  const base = strippedBase(scratch);
  const settings = { main: 'leafward.mjs', executable: base, output: 'leafward', assets: paths, ...nodeSettings };
  writeFileSync(join(scratch, 'sea.json'), JSON.stringify(settings));
  // V8 seeds its hashes at random, which would show in the code cache: with a fixed seed (of this step only) the same
  // sources give the same bytes.
  execFileSync(process.execPath, ['--random-seed=1', '--build-sea', 'sea.json'], {
    cwd: scratch,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const made = join(scratch, 'leafward');
  chmodSync(made, 0o755);
  return made;
}

/**
 * Node's own binary without symbols (a quarter smaller) and without `.comment`, which would be garbage after --build-sea.
 * It must happen before: stripping the finished executable drops the program. Elsewhere than on Linux the base stays as it is.
 */
function strippedBase(scratch: string): string {
  const base = join(scratch, 'base');
  copyFileSync(process.execPath, base);
  chmodSync(base, 0o755);
  if (process.platform === 'linux') {
    execFileSync('strip', [base], { stdio: 'inherit' });
    execFileSync('objcopy', ['--remove-section=.comment', base], { stdio: 'inherit' });
  }
  return base;
}
