import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths.ts';

/** debian/copyright in its machine-readable form (DEP 5), which is what rpm's packages carry too. */
export function copyrightText(): string {
  return [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    'Upstream-Name: Leafward',
    '',
    'Files: *',
    'Copyright: 2026 the authors of Leafward',
    'License: Apache-2.0',
    ' On Debian systems the full text of the Apache License 2.0 is in',
    ' /usr/share/common-licenses/Apache-2.0; "leafward licences" prints it, and',
    ' the notices of Node.js and of the packages that the program contains.',
    '',
  ].join('\n');
}

/** Lintian tags that do not hold here, each with its reason, if there are any for the package. */
export function overridesFor(name: string): string[] {
  const own = ['leafward', 'leafward-artifacts'].includes(name);
  const file = own ? `lintian-${name}` : 'lintian-service';
  const text = readFileSync(join(root, 'build', 'packages', file), 'utf8');
  return [text.replaceAll('@PACKAGE@', name)];
}
