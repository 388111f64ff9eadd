/**
 * Writes .oxlintrc.layers.json, which .oxlintrc.json extends: the folder edges of build/layers.ts as lint rules, so that an editor
 * shows a forbidden import while it is typed. The lock that counts is check-layers.ts; a test keeps both from the same table.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { layers, packageHomes } from './layers.ts';
import { root } from './paths.ts';

export const lintLayersFile = join(root, '.oxlintrc.layers.json');

export function renderLintLayers(): string {
  const overrides = Object.entries(layers).map(([folder, layer]) => {
    const open = [folder, ...layer.imports, ...(layer.portsOf ?? []), ...(layer.typesOf ?? [])];
    const closed = Object.keys(layers).filter((other) => !open.includes(other));
    const patterns =
      closed.length === 0
        ? []
        : [
            {
              regex: `^(\\.\\./)+(${closed.join('|')})/`,
              message: `src/${folder} may not import it: see build/layers.ts`,
            },
          ];
    const paths = Object.entries(packageHomes)
      .filter(([, homes]) => !homes.some((home) => home.startsWith(`src/${folder}/`)))
      .map(([name, homes]) => ({ name, message: `it belongs in ${homes.join(', ')}: see build/layers.ts` }));
    return { files: [`src/${folder}/**`], rules: { 'no-restricted-imports': ['error', { paths, patterns }] } };
  });
  return `${JSON.stringify({ overrides }, undefined, 2)}\n`;
}

if (import.meta.main) writeFileSync(lintLayersFile, renderLintLayers());
