import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { root } from './paths.ts';

/**
 * Parts of packages that Leafward never runs and that esbuild cannot see to be unused: each is text that every process
 * would hold, and bytes of every download. What is left out here is left out of the licences and the SBOM too.
 */
export const slimPackages: Plugin = {
  name: 'slim-packages',
  setup(build) {
    // @fastify/swagger can print YAML; we ask for JSON.
    build.onResolve({ filter: /^yaml$/ }, ({ path }) => ({ path, namespace: 'left-out' }));
    // Of undici we use agents and pools. Its index loads a second fetch, WebSockets, mocks and caches all the same.
    build.onResolve({ filter: /^\.\/lib\/(mock|interceptor|cache|web)\// }, ({ path, importer }) =>
      importer.endsWith('/undici/index.js') ? { path: `undici/${path}`, namespace: 'left-out' } : undefined,
    );
    // Whoever calls what is left out gets a TypeError that names it; to load it is harmless.
    build.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({
      contents: 'module.exports = new Proxy({}, { get: () => class LeftOutOfThisProgram {} });',
      loader: 'js',
    }));
    // URL and URLSearchParams in JavaScript with all tables of IDNA, under the driver's connection strings: Node's own are the same standard.
    build.onResolve({ filter: /^whatwg-url$/ }, ({ path }) => ({ path, namespace: 'from-node' }));
    build.onLoad({ filter: /.*/, namespace: 'from-node' }, () => ({
      contents: 'module.exports = { URL: globalThis.URL, URLSearchParams: globalThis.URLSearchParams };',
      loader: 'js',
    }));
    // Messages of zod in 50 languages; the English ones are the default and stay.
    build.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
      loader: 'js',
    }));
    // Prompts, boxes and reporters of consola; the log has a reporter of its own.
    build.onResolve({ filter: /^consola$/ }, ({ resolveDir, kind }) =>
      build.resolve('consola/core', { resolveDir, kind }),
    );
    // Which of a thousand file names is of which type: the types of our mails' parts are named.
    build.onLoad({ filter: /\/nodemailer\/dist\/esm\/mime-funcs\/mime-types\.js$/ }, () => ({
      contents: `export const detectMimeType = () => 'application/octet-stream'; export const detectExtension = () => 'bin';`,
      loader: 'js',
    }));
    // The driver asks by `require` and we by `import`: without this there would be two copies, with classes of their own.
    build.onResolve({ filter: /^bson$/ }, () => ({ path: join(root, 'node_modules', 'bson', 'lib', 'bson.cjs') }));
  },
};
