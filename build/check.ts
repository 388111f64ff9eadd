/** `make check`: everything that can be said about the sources without running them, all of it even when one part fails. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

const bin = join(root, 'node_modules', '.bin');
const steps: readonly (readonly [string, readonly string[]])[] = [
  ['format', ['biome', 'check', '--error-on-warnings']],
  ['types', ['tsc', '--noEmit']],
  ['types of the pages', ['tsc', '--noEmit', '-p', 'tsconfig.web.json']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['layers', ['node', 'build/check-layers.ts']],
  ['unused code', ['knip', '--no-progress']],
];

const failed: string[] = [];
for (const [name, [program = '', ...args]] of steps) {
  if (!existsSync(join(bin, program))) throw new Error(`${program} is not installed: run "make setup"`);
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(join(bin, program), args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const took = `${((performance.now() - began) / 1000).toFixed(1)} s`;
  if (status === 0) {
    console.log(`ok      ${name} (${took})`);
    continue;
  }
  failed.push(name);
  console.log(`FAILED  ${name} (${took})\n${stdout}${stderr}`);
}
if (failed.length > 0) {
  console.log(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
