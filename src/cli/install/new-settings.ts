import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import { readSettings, type SettingsTable } from '../../runtime/settings.ts';
import { parseSettingsFile } from '../../runtime/settings-file.ts';
import { settingsTemplate } from '../../runtime/settings-template.ts';
import type { Flags } from '../commands.ts';

interface SettingsInput {
  readonly table: SettingsTable;
  /** "Leafward monitoring agent" */
  readonly title: string;
  readonly flags: Flags;
  /** Folder of the installed settings, as they name it themselves. */
  readonly folder: string;
  readonly stateFolder: string;
}

export interface NewSettings {
  readonly text: string;
  /** The server's own CA, to lie beside the settings. */
  readonly serverCa: Buffer | undefined;
}

export const serverCaName = 'server-ca.pem';

/**
 * The settings file to install: that of `--settings` with the flags put in, or one made of the flags alone; undefined when
 * neither is given. Files that it names by relative paths are named by absolute ones. @throws as readSettings does
 */
export function newSettings({ table, title, flags, folder, stateFolder }: SettingsInput): NewSettings | undefined {
  const base = typeof flags['settings'] === 'string' ? flags['settings'] : undefined;
  const given = Object.keys(table).filter((name) => flags[name] !== undefined || flags[`${name}File`] !== undefined);
  if (base === undefined && given.length === 0) return undefined;
  const valid = readSettings(table, { ...(base !== undefined && { file: base }), flags });
  const values = new Map<string, string>();
  const text = base === undefined ? template(table, title) : readFileSync(base, 'utf8');
  if (base !== undefined) for (const [name, path] of pathsIn(text, base, table)) values.set(name, path);
  for (const name of given) {
    // The key belongs to this machine alone: it needs no second file.
    if (name === 'apiKey') values.set(name, textOf(valid[name]));
    else if (flags[name] === undefined) values.set(`${name}File`, resolve(textOf(flags[`${name}File`])));
    else values.set(name, table[name]?.kind === 'path' ? resolve(textOf(flags[name])) : textOf(flags[name]));
  }
  values.set('stateDir', stateFolder);
  const ca = valid['serverCaFile'];
  if (typeof ca === 'string') values.set('serverCaFile', join(folder, serverCaName));
  return { text: withValues(text, values), serverCa: typeof ca === 'string' ? readCa(ca) : undefined };
}

function template(table: SettingsTable, title: string): string {
  return settingsTemplate(table, {}, [
    `Settings of the ${title}. Lines that begin with # are comments.`,
    'The file holds the key of a group: only the user that runs the agent may read it.',
  ]);
}

/** Relative paths of a settings file begin at its folder, from which it is about to move away. */
function pathsIn(text: string, file: string, table: SettingsTable): [name: string, path: string][] {
  return parseSettingsFile(text, file)
    .filter(({ name, value }) => (table[name]?.kind ?? 'path') === 'path' && value !== '' && !isAbsolute(value))
    .map(({ name, value }) => [name, resolve(dirname(file), value)]);
}

/** Sets lines of a settings file where they stand, commented out or not; what is nowhere comes at the end. */
export function withValues(text: string, values: ReadonlyMap<string, string>): string {
  const rest = new Map(values);
  const lines = text.split(/\r?\n/).map((line) => {
    const [, comment, name = ''] = /^(#?)([A-Za-z][A-Za-z0-9]*)\s*=/.exec(line.trim()) ?? [];
    const value = rest.get(name);
    if (value === undefined || (comment === '#' && isSet(text, name))) return line;
    rest.delete(name);
    return `${name} = ${quoted(value)}`;
  });
  while (lines.at(-1) === '') lines.pop();
  for (const [name, value] of rest) lines.push('', `${name} = ${quoted(value)}`);
  return `${lines.join('\n')}\n`;
}

function isSet(text: string, name: string): boolean {
  return new RegExp(`^\\s*${name}\\s*=`, 'm').test(text);
}

function quoted(value: string): string {
  return /^[^\s"#\\]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

/** Flags are text, or true for a switch. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function readCa(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `cannot read serverCaFile ${path}`, { cause });
  }
}
