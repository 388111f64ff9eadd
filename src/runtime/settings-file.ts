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
