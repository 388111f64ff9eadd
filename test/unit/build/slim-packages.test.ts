import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInThisContext } from 'node:vm';
import { build } from 'esbuild';
import { root } from '../../../build/paths.ts';
import { slimPackages } from '../../../build/slim-packages.ts';
import { fc } from '../../support/properties.ts';

interface ConnectionString {
  readonly hosts: readonly string[];
  readonly username: string;
  readonly password: string;
  readonly pathname: string;
  readonly isSRV: boolean;
  readonly searchParams: URLSearchParams;
  toString(): string;
  redact(): { toString(): string };
}

interface Package {
  readonly default: new (uri: string) => ConnectionString;
}

const name = 'mongodb-connection-string-url';
const whole: Package = createRequire(join(root, 'node_modules', 'mongodb', 'package.json'))(name);
const slim = await bundled();

async function bundled(): Promise<Package> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export * from '${name}'; export { default } from '${name}';`,
      resolveDir: join(root, 'node_modules', 'mongodb'),
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    write: false,
    plugins: [slimPackages],
  });
  const text = outputFiles[0]?.text ?? '';
  assert.ok(text.length < 60_000, 'the tables of IDNA are left out');
  const module = { exports: {} as Package };
  const run = runInThisContext(`(module, exports, require) => {${text}\n}`) as (...parts: readonly unknown[]) => void;
  run(module, module.exports, createRequire(import.meta.url));
  return module.exports;
}

/** All that the driver asks of a connection string, or that it is refused. */
function read({ default: Ctor }: Package, uri: string): unknown {
  try {
    const parsed = new Ctor(uri);
    const { hosts, username, password, pathname, isSRV, searchParams } = parsed;
    const asked = ['tls', 'TLS', 'replicaSet', 'nothing'].map((key) => searchParams.get(key));
    const texts = [parsed.toString(), parsed.redact().toString()];
    return { hosts, username, password, pathname, isSRV, entries: [...searchParams], asked, texts };
  } catch (thrown) {
    return { refused: thrown instanceof Error };
  }
}

test('connection strings are read as with the whole package', () => {
  const uris = [
    'mongodb://localhost',
    'mongodb://a.example:27017,b.example:27018/shop?replicaSet=rs0&TLS=true',
    'mongodb+srv://cluster.example.net/?authSource=%24external&authMechanism=MONGODB-X509',
    'mongodb://us%40er:p%3Ass%2Fw%C3%B6rd@[::1]:27017/admin?readPreferenceTags=dc:ny,rack:1&readPreferenceTags=',
    'mongodb://user@h/?authMechanismProperties=SERVICE_NAME:x%2Cy,CANONICALIZE_HOST_NAME:true',
    'mongodb://%2Ftmp%2Fmongodb-27017.sock/db',
    'mongodb://münchen.example/',
    'mongodb://',
    'http://localhost',
    'mongodb://user:pa:ss@h',
    'mongodb+srv://a:1',
    'mongodb://h:99999/?a=b#c',
    'MONGODB://H/',
  ];
  for (const uri of uris) assert.deepEqual(read(slim, uri), read(whole, uri), uri);
});

test('so are any user, password, database and option', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme' }),
      fc.string(),
      fc.string(),
      fc.string(),
      (user, password, database, value) => {
        const [u, p, d, v] = [user, password, database, value].map(encodeURIComponent);
        const uri = `mongodb://${u}:${p}@h1:1,h2/${d}?tls=${v}&appName=${encodeURIComponent(database)}`;
        assert.deepEqual(read(slim, uri), read(whole, uri));
      },
    ),
  );
});

test('text as people type it is read or refused alike', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const uri = `mongodb://${text}`;
      assert.deepEqual(read(slim, uri), read(whole, uri));
    }),
    { numRuns: 500 },
  );
});
