/** Makes dist/leafward, the single executable for this machine's platform; does nothing when its inputs have not changed. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFacts } from './build-facts.ts';
import { bundleProgram, type Program } from './bundle.ts';
import { nodeBases } from './node-base.ts';
import { orReport } from './or-report.ts';
import { dist, root } from './paths.ts';
import { makeExecutable, nodeSettings } from './sea.ts';

const output = join(dist, process.platform === 'win32' ? 'leafward.exe' : 'leafward');
const stamp = join(dist, 'leafward.inputs');
/** Goes into the stamp: raise it when the way of building changes. */
const recipe = 4;

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
    const made = ownExecutable(program, scratch);
    const staged = join(scratch, 'executable');
    writeFileSync(staged, made, { mode: 0o755 });
    rmSync(stamp, { force: true });
    renameSync(staged, output);
    writeFileSync(stamp, inputs);
    const sha256 = createHash('sha256').update(made).digest('hex');
    console.log(`${output.slice(root.length + 1)} ${(made.length / 1e6).toFixed(1)} MB sha256 ${sha256}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** SHA-256 over everything that the executable is made of. */
export function inputsOf({ code, assets }: Program): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([recipe, process.version, nodeSettings]))
    .update(code);
  for (const [name, bytes] of assets) hash.update(`\n${name} ${bytes.length}\n`).update(bytes);
  return hash.digest('hex');
}

/** The executable of a bundle for this machine's platform, on the Node that runs this, made inside the empty folder `scratch`. */
export function ownExecutable(program: Program, scratch: string): Buffer {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const target = nodeBases.find((base) => base.os === os && base.arch === process.arch);
  if (target === undefined) throw new Error(`there is no executable for ${process.platform} on ${process.arch}`);
  const base = readFileSync(process.execPath);
  return makeExecutable({ program, target, base, version: buildFacts().version, scratch });
}
