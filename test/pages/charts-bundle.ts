import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Asset } from './charts-fixture-server.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const html = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Leafward</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/app.css"></head><body><script type="module" src="/app.js"></script></body></html>`;

/** The chart pages as a browser gets them: page, script, all styles of the product. */
export async function bundleCharts(): Promise<ReadonlyMap<string, Asset>> {
  const result = await build({
    entryPoints: [here('charts-app.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
  });
  const folder = here('../../src/web/styles/');
  const first = ['tokens.css', 'components.css'];
  const names = (await readdir(folder)).filter((name) => name.endsWith('.css'));
  names.sort((a, b) => ((first.indexOf(a) + 3) % 3) - ((first.indexOf(b) + 3) % 3) || a.localeCompare(b));
  const styles = await Promise.all(names.map((name) => readFile(`${folder}${name}`, 'utf8')));
  return new Map([
    ['/', { type: 'text/html', body: html }],
    ['/app.js', { type: 'text/javascript', body: result.outputFiles[0]?.text ?? '' }],
    ['/app.css', { type: 'text/css', body: styles.join('\n') }],
  ]);
}
