/**
 * `make bench`: runs every bench of this folder (or those whose name contains an argument), one after the other, and writes
 * docs/benchmarks.md (with an argument: only their rows). A bench prints its rows by `reportFigure`, or as JSON lines {name, value, unit, goal?, note?}; figures never
 * fail anything.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release } from 'node:os';
import { join } from 'node:path';
import { root } from '../../build/paths.ts';
import { serviceEnvironment } from '../support/service-environment.ts';
import { type Figure, figurePrefix } from './report-figure.ts';

const wanted = process.argv.slice(2);
/** Above the number of cores, other work took part of the machine, and times are upper bounds. */
const load = (loadavg()[0] ?? 0).toFixed(1);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts' && name !== 'report-figure.ts')
  .sort();
const chosen = files.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const figures: Figure[] = [];
const broken: string[] = [];
for (const name of chosen) {
  console.log(`-- ${name}`);
  const { stdout, status } = spawnSync(process.execPath, ['--expose-gc', join(import.meta.dirname, name)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...serviceEnvironment, LEAFWARD_BIN: join(root, 'dist', 'leafward') },
    maxBuffer: 1 << 26,
  });
  if (status !== 0) {
    console.log(`${name} ended with ${status}`);
    broken.push(name);
  }
  for (const line of stdout.split('\n')) {
    const figure = parseFigure(line);
    if (figure === undefined) continue;
    figures.push(figure);
    console.log(row(figure));
  }
}
const path = join(root, 'docs', 'benchmarks.md');
writeFileSync(path, page(wanted.length === 0 ? figures.map(row) : merged(readFileSync(path, 'utf8'))));
if (broken.length > 0) process.exitCode = 1;

function parseFigure(line: string): Figure | undefined {
  if (line.startsWith(figurePrefix)) return JSON.parse(line.slice(figurePrefix.length)) as Figure;
  if (!line.startsWith('{')) return undefined;
  const { name, value, unit, goal, note } = JSON.parse(line) as Record<string, string | number | undefined>;
  if (typeof name !== 'string' || typeof value !== 'number') return undefined;
  const rounded = Number(value.toPrecision(3));
  return {
    what: name,
    goal: goal === undefined ? '–' : `${goal} ${unit ?? ''}`.trim(),
    measured: `${rounded} ${unit ?? ''}`.trim(),
    remark: String(note ?? ''),
  };
}

/** The rows of the page as it is, with those that were measured anew in their places, and new ones at the end. */
function merged(before: string): string[] {
  const fresh = new Map(figures.map((figure) => [figure.what, row(figure)]));
  const kept = before
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| what |') && !line.startsWith('| --- |'))
    .map((line) => {
      const what = line.slice(2).split(' | ', 1)[0] ?? '';
      const again = fresh.get(what);
      fresh.delete(what);
      return again ?? line;
    });
  return [...kept, ...fresh.values()];
}

function page(rows: readonly string[]): string {
  const machine = `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'unknown'}, ${process.platform} ${release()}, Node ${process.versions.node}, load average before ${load}`;
  return [
    '# Benchmarks',
    '',
    `Written by \`make bench\` on ${machine}. Figures of one run on one machine: they show the order of size, and what changed. A load average above the`,
    'number of cores means that other work took part of the machine: times are upper bounds then.',
    '',
    '| what | goal | measured | how, and what limits it |',
    '| --- | --- | --- | --- |',
    ...rows,
    ...(broken.length > 0 ? ['', `Did not run to the end: ${broken.join(', ')}.`] : []),
    '',
  ].join('\n');
}

function row({ what, goal, measured, remark }: Figure): string {
  return `| ${what} | ${goal} | ${measured} | ${remark} |`;
}
