import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { orReport } from './or-report.ts';
import { dist, root } from './paths.ts';

const pages = join(root, 'src', 'web');

interface Pages {
  /** By asset name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Source files that went in, from the top of the repository. */
  readonly inputs: readonly string[];
}

/**
 * Bundles the pages into files by asset name: `web/index.html`, `web/assets/app-<hash>.js` and `.css`, parts that are
 * loaded when they are asked for (`web/assets/part-<hash>.js`), and the files of src/web/static. The shell's
 * `/assets/app.js` and `/assets/app.css` become the names with the hash of the content, so that a browser may keep them
 * for ever.
 */
export async function bundlePages(): Promise<Pages> {
  const files = new Map<string, Uint8Array>();
  const { outputFiles, metafile } = await build({
    metafile: true,
    entryPoints: { app: join(pages, 'main.tsx') },
    outdir: join(dist, 'web', 'assets'),
    // Pages that are not seen first are files of their own, named by the hash of their content.
    splitting: true,
    chunkNames: 'part-[hash]',
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    minify: true,
    write: false,
    platform: 'browser',
    target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    logLevel: 'warning',
    loader: { '.svg': 'text' },
  });
  let shell = readFileSync(join(pages, 'index.html'), 'utf8');
  for (const { path, contents } of outputFiles) {
    const part = /part-\w+\.js$/.exec(path)?.[0];
    if (part !== undefined) {
      files.set(`web/assets/${part}`, contents);
      continue;
    }
    const extension = path.endsWith('.css') ? 'css' : 'js';
    const hash = createHash('sha256').update(contents).digest('hex').slice(0, 12);
    const plain = `/assets/app.${extension}`;
    if (!shell.includes(plain)) throw new Error(`src/web/index.html does not name ${plain}`);
    shell = shell.replaceAll(plain, `/assets/app-${hash}.${extension}`);
    files.set(`web/assets/app-${hash}.${extension}`, contents);
  }
  shell = shell.replace('</head>', `${preloads(metafile)}</head>`);
  files.set('web/index.html', new TextEncoder().encode(shell));
  addStatic(files);
  return { files, inputs: Object.keys(metafile.inputs) };
}

/** What the first file needs is fetched beside it, not after it. */
function preloads({ outputs }: Metafile): string {
  const imports = Object.values(outputs).flatMap(({ entryPoint, imports: needed }) =>
    entryPoint?.endsWith('main.tsx') === true ? needed : [],
  );
  return imports
    .filter(({ kind }) => kind === 'import-statement')
    .map(({ path }) => `<link rel="modulepreload" href="/assets/${basename(path)}">\n`)
    .join('');
}

function addStatic(files: Map<string, Uint8Array>): void {
  const folder = join(pages, 'static');
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder).sort()) files.set(`web/${name}`, readFileSync(join(folder, name)));
}

/** Writes the pages where development and tests read them: dist/web. */
async function writePages(): Promise<void> {
  const { files } = await bundlePages();
  rmSync(join(dist, 'web'), { recursive: true, force: true });
  for (const [name, bytes] of files) {
    const path = join(dist, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}

if (import.meta.main) await orReport(writePages());
