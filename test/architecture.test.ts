import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkLayers, readSources } from '../build/check-layers.ts';
import { layers } from '../build/layers.ts';
import { lintLayersFile, renderLintLayers } from '../build/lint-layers.ts';
import { root } from '../build/paths.ts';

const folders = Object.keys(layers).filter((folder) => folder !== 'cli');

/** One line of code, in a file of the folder, that the table forbids. */
function violations(path: string, text: string): readonly string[] {
  return checkLayers([{ path, text }]).violations;
}

test('every import of the sources is one that the table allows, and every file was looked at', () => {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'src'], {
    cwd: root,
    encoding: 'utf8',
  });
  const names = listed.split('\n').filter((name) => /\.tsx?$/.test(name));
  const sources = readSources();
  const verdict = checkLayers(sources);
  assert.deepEqual(verdict.violations, []);
  const seen = new Set(sources.map(({ path }) => path));
  assert.deepEqual(
    names.filter((name) => !seen.has(name)),
    [],
  );
  assert.ok(verdict.imports > verdict.files, 'fewer imports than files were found');
});

test('every folder of src stands in the table', () => {
  const present = new Set(readSources().map(({ path }) => path.split('/')[1]));
  present.delete('main.ts');
  assert.deepEqual(
    [...present].filter((folder) => folder !== undefined && !(folder in layers)),
    [],
  );
});

for (const folder of folders) {
  test(`a planted import of cli in ${folder} is caught, type import or not`, () => {
    const path = `src/${folder}/planted.ts`;
    assert.equal(violations(path, "import { runProgram } from '../cli/program.ts';").length, 1);
    assert.equal(violations(path, "import type { Flag } from '../cli/commands.ts';").length, 1);
    assert.equal(violations(path, "export { runProgram } from '../cli/program.ts';").length, 1);
    assert.equal(violations(path, "const late = await import('../cli/program.ts');").length, 1);
    assert.equal(violations(path, "import {\n  a,\n  b,\n} from '../cli/program.ts';").length, 1);
    assert.equal(violations(path, "import '../cli/program.ts';").length, 1);
  });
}

test('a package outside of its home is caught', () => {
  assert.equal(violations('src/monitor/planted.ts', "import { MongoClient } from 'mongodb';").length, 1);
  assert.equal(violations('src/monitor/planted.ts', "import type { Document } from 'mongodb';").length, 1);
  assert.equal(violations('src/server/planted.ts', "import { DatabaseSync } from 'node:sqlite';").length, 1);
  assert.equal(violations('src/server/planted.ts', "import { cac } from 'cac';").length, 1);
  assert.equal(violations('src/monitor/planted.ts', "import x from 'mongodb/lib/cmap/commands';").length, 1);
  assert.equal(violations('src/web/planted.ts', "import { readFile } from 'node:fs/promises';").length, 1);
  assert.equal(violations('src/deployment/planted.ts', "import { MongoClient } from 'mongodb';").length, 0);
});

test('adapters see only the ports of the folders that they serve', () => {
  assert.equal(
    violations('src/storage/sqlite/planted.ts', "import type { SeriesStore } from '../../metrics/ports.ts';").length,
    0,
  );
  assert.equal(
    violations('src/storage/sqlite/planted.ts', "import { query } from '../../metrics/query.ts';").length,
    1,
  );
});

test('the pages see only types of wire and model, and how raw names are written', () => {
  assert.equal(violations('src/web/planted.ts', "import type { Host } from '../wire/api/deployment.ts';").length, 0);
  assert.equal(violations('src/web/planted.ts', "import { type Host } from '../wire/api/deployment.ts';").length, 0);
  assert.equal(
    violations('src/web/planted.ts', "import { type Host, host } from '../wire/api/deployment.ts';").length,
    1,
  );
  assert.equal(violations('src/web/planted.ts', "import { plainName } from '../model/plain-name.ts';").length, 0);
  assert.equal(violations('src/web/planted.ts', "import { catalog } from '../model/metric-catalog.ts';").length, 1);
  assert.equal(violations('src/web/planted.ts', "import { AppError } from '../runtime/errors.ts';").length, 1);
});

test('what only looks like an import is none', () => {
  assert.deepEqual(
    violations('src/model/planted.ts', "// import { a } from '../cli/program.ts';\n/* import '../cli/x.ts' */"),
    [],
  );
});

test('the lint rules say what the table says ("make docs" writes them)', () => {
  assert.deepEqual(JSON.parse(readFileSync(lintLayersFile, 'utf8')), JSON.parse(renderLintLayers()));
});
