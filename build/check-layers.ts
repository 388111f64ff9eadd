/**
 * Checks every import of src against build/layers.ts, `import type` and `import()` included, and that no file was
 * missed: a checker that looks at nothing passes everything.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { type Layer, layers, packageHomes } from './layers.ts';
import { root } from './paths.ts';

export interface SourceFile {
  /** From the top of the repository: `src/wire/client.ts`. */
  readonly path: string;
  readonly text: string;
}

interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
  readonly line: number;
}

interface Verdict {
  readonly files: number;
  readonly imports: number;
  /** One sentence each, with file and line. */
  readonly violations: readonly string[];
}

export function checkLayers(files: readonly SourceFile[]): Verdict {
  const violations: string[] = [];
  let imports = 0;
  for (const file of files) {
    for (const found of importsOf(file.text)) {
      imports++;
      const why = refusal(file.path, found);
      if (why !== undefined) violations.push(`${file.path}:${found.line}: imports ${found.specifier}: ${why}`);
    }
  }
  return { files: files.length, imports, violations };
}

export function readSources(): SourceFile[] {
  return readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => ({ path: relative(root, path), text: readFileSync(path, 'utf8') }));
}

/** Static imports and re-exports, `import()` and `import('…')` types; comments are left out. */
function importsOf(text: string): Import[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, blanked).replace(/(^|[\s;,{}()])\/\/[^\n]*/g, blanked);
  const found: Import[] = [];
  const statements = /^[ \t]*(?:import|export)(\s+type)?\b([^;'"]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
  for (const match of code.matchAll(statements)) {
    const [, type, names = '', specifier = ''] = match;
    const typeOnly = type !== undefined || onlyTypes(names);
    found.push({ specifier, typeOnly, line: lineAt(code, match.index) });
  }
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*[,)]/g)) {
    found.push({ specifier: match[1] ?? '', typeOnly: false, line: lineAt(code, match.index) });
  }
  for (const match of code.matchAll(/\bnew URL\(\s*['"](\.[^'"]+\.tsx?)['"]\s*,\s*import\.meta\.url/g)) {
    found.push({ specifier: match[1] ?? '', typeOnly: false, line: lineAt(code, match.index) });
  }
  return found;
}

/** `{ type A, type B } from`: nothing of it is left at run time. */
function onlyTypes(names: string): boolean {
  const inside = /^\s*\{([\s\S]*)\}\s*from$/.exec(names)?.[1];
  if (inside === undefined) return false;
  const parts = inside
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return parts.length > 0 && parts.every((part) => part.startsWith('type '));
}

function refusal(from: string, { specifier, typeOnly }: Import): string | undefined {
  if (!specifier.startsWith('.')) return packageRefusal(from, specifier);
  const target = join(dirname(from), specifier);
  if (!target.startsWith('src/')) return 'it is outside of src';
  const [fromFolder, targetFolder] = [folderOf(from), folderOf(target)];
  if (fromFolder === targetFolder || fromFolder === 'main.ts') {
    return fromFolder === 'main.ts' && targetFolder !== 'cli'
      ? 'main.ts hands over to cli and knows nothing else'
      : undefined;
  }
  const layer = layers[fromFolder];
  if (layer === undefined) return `the folder src/${fromFolder} is not in build/layers.ts`;
  return folderRefusal(layer, { fromFolder, targetFolder, target, typeOnly });
}

interface Edge {
  readonly fromFolder: string;
  readonly targetFolder: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function folderRefusal(layer: Layer, { fromFolder, targetFolder, target, typeOnly }: Edge): string | undefined {
  if (layer.imports.includes(targetFolder) || layer.valueFiles?.includes(target)) return undefined;
  if (layer.portsOf?.includes(targetFolder)) {
    return /(^|[/-])ports\.ts$/.test(target) ? undefined : `${fromFolder} may import only the ports of ${targetFolder}`;
  }
  if (layer.typesOf?.includes(targetFolder)) {
    return typeOnly ? undefined : `${fromFolder} may import only types of ${targetFolder}`;
  }
  return `${fromFolder} may not import ${targetFolder}`;
}

function packageRefusal(from: string, specifier: string): string | undefined {
  if (from.startsWith('src/web/') && specifier.startsWith('node:'))
    return "the pages run in a browser, without Node's modules";
  const parts = specifier.split('/');
  const name = specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? '');
  const homes = packageHomes[name];
  if (homes === undefined || homes.some((home) => from.startsWith(home))) return undefined;
  return `${name} belongs in ${homes.join(', ')}`;
}

/** `src/wire/api/x.ts` → `wire`; `src/main.ts` → `main.ts`. */
function folderOf(path: string): string {
  return path.split('/')[1] ?? '';
}

function blanked(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

if (import.meta.main) {
  const { files, imports, violations } = checkLayers(readSources());
  for (const violation of violations) console.error(violation);
  console.log(`layers: ${files} files, ${imports} imports, ${violations.length} violations`);
  if (violations.length > 0 || files === 0 || imports < files / 2) process.exitCode = 1;
}
