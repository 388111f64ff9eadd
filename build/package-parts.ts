import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { root } from './paths.ts';

/**
 * Packages that few processes need, and those seldom: each is an asset of its own, compressed, and no text of every process. In the sources they are
 * ordinary dynamic imports (`await import('ldapts')`), which this turns into `runtime/package-part.ts`.
 */
export const packageParts: readonly string[] = [
  '@peculiar/x509',
  'ldapts',
  'nodemailer/lib/mail-composer',
  'nodemailer/lib/smtp-connection',
  'openid-client',
  'reflect-metadata',
];

/** For the bundles that load the parts. A static import of such a package is a mistake, and ends the build. */
export const fromParts: Plugin = {
  name: 'package-parts',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ path, kind, importer }) => {
      if (!packageParts.includes(path)) return undefined;
      if (kind === 'dynamic-import') return { path, namespace: 'part' };
      return { errors: [{ text: `${importer} imports ${path}, which is a part: use await import()` }] };
    });
    build.onLoad({ filter: /.*/, namespace: 'part' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(join(root, 'src/runtime/package-part.ts'))}).runPart(${JSON.stringify(path)});`,
      loader: 'js',
      resolveDir: root,
    }));
  },
};
