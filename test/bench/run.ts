/**
 * `make bench`: runs every `*.bench.ts` of this folder (or those whose name contains an argument), one after the other, and writes
 * docs/benchmarks.md when all of them ran. A bench prints its rows by `reportFigure`; figures never fail anything.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { root } from '../../build/paths.ts';
import { type Figure, figurePrefix } from './report-figure.ts';

const wanted = process.argv.slice(2);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.bench.ts'))
  .sort();
const chosen = files.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const figures: Figure[] = [];
let broken = 0;
for (const name of chosen) {
  console.log(`-- ${name}`);
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', join(import.meta.dirname, name)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LEAFWARD_BIN: join(root, 'dist', 'leafward') },
    maxBuffer: 1 << 26,
  });
  if (status !== 0) {
    console.log(`${name} ended with ${status}`);
    broken++;
  }
  for (const line of stdout.split('\n')) {
    if (!line.startsWith(figurePrefix)) continue;
    const figure = JSON.parse(line.slice(figurePrefix.length)) as Figure;
    figures.push(figure);
    console.log(row(figure));
  }
}
if (wanted.length === 0 && broken === 0) writeFileSync(join(root, 'docs', 'benchmarks.md'), page());
if (broken > 0) process.exitCode = 1;

function page(): string {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'unknown'}, ${process.platform} ${release()}, Node ${process.versions.node}`;
  return [
    '# Benchmarks',
    '',
    `Written by \`make bench\` on ${machine}. Figures of one run on one machine: they show the order of size, and what changed.`,
    '',
    '| what | goal | measured | how, and what limits it |',
    '| --- | --- | --- | --- |',
    ...figures.map(row),
    '',
  ].join('\n');
}

function row({ what, goal, measured, remark }: Figure): string {
  return `| ${what} | ${goal} | ${measured} | ${remark} |`;
}
