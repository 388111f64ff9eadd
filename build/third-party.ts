import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

/**
 * The licences of every package whose files went into a bundle, as one text: MIT and its like ask that the notice goes
 * with every copy. `inputs` are paths from the top of the repository, as esbuild's metafile names them.
 */
export function thirdPartyLicenses(inputs: Iterable<string>): string {
  const folders = new Set<string>();
  for (const input of inputs) {
    const folder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];
    if (folder !== undefined) folders.add(folder);
  }
  const notices = [...folders].map(noticeOf).sort();
  return [
    'Leafward contains Node.js and the packages below; leafward-service.exe (Windows) contains parts of Go.',
    `Node.js ${process.versions.node} and what it contains\n\n${licenceText(`node-${process.versions.node}`)}`,
    `Go's library and golang.org/x/sys (BSD-3-Clause)\n\n${licenceText('go')}`,
    ...new Set(notices),
  ].join(`\n\n${'-'.repeat(100)}\n`);
}

/** Texts that no installed package has; that of Node is compared with the one beside its binary by `make executables`. */
function licenceText(name: string): string {
  return readFileSync(join(root, 'build', 'licences', `${name}.txt`), 'utf8').trim();
}

function noticeOf(folder: string): string {
  const path = join(root, folder);
  const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const file = readdirSync(path).find((entry) => /^(licen[cs]e|copying)(\.|-|$)/i.test(entry));
  const text =
    file !== undefined && existsSync(join(path, file))
      ? readFileSync(join(path, file), 'utf8').trim()
      : `Licence: ${license}`;
  return `${name} ${version} (${license})\n\n${text.replaceAll('\r\n', '\n')}`;
}
