import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from './errors.ts';

interface SettingsLine {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** Parses `key = value` lines; `#` begins a comment at the start of a line or after white space; values may stand in double quotes. */
export function parseSettingsFile(text: string, path: string): SettingsLine[] {
  const found: SettingsLine[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const match = /^([A-Za-z][A-Za-z0-9]*)\s*=\s*(.*)$/.exec(trimmed);
    if (match === null) {
      throw new AppError(
        'SETTINGS_INVALID',
        `${path} line ${index + 1}: expected "key = value", found "${trimmed.slice(0, 40)}"`,
      );
    }
    found.push({ name: match[1] ?? '', value: unquote(match[2] ?? ''), line: index + 1 });
  }
  return found;
}

function unquote(value: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(value);
  if (quoted !== null) return (quoted[1] ?? '').replace(/\\(.)/g, '$1');
  return value.replace(/\s+#.*$/, '').trim();
}

/**
 * A settings file, and after it those of the folder beside it: for `agent.config` each `agent.d/*.config` in the order of
 * their names, which goes before what was read earlier. So a machine's values need not stand in the file of a package.
 * @throws SETTINGS_INVALID for a folder that cannot be read
 */
export function settingsFiles(path: string): string[] {
  if (!path.endsWith('.config')) return [path];
  const folder = path.replace(/\.config$/, '.d');
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.config') && !name.startsWith('.'));
    return [path, ...names.toSorted().map((name) => join(folder, name))];
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [path];
    throw new AppError('SETTINGS_INVALID', `cannot read the settings folder ${folder}: ${String(cause)}`, {
      cause,
      hint: 'Check that this user may read it.',
    });
  }
}
