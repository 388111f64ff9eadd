import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { closest } from './closest.ts';
import { AppError } from './errors.ts';
import { parseSettingValue, type Setting, type SettingValue } from './setting-kinds.ts';
import { parseSettingsFile, settingsFiles } from './settings-file.ts';

export type { Setting } from './setting-kinds.ts';
export type SettingsTable = Readonly<Record<string, Setting>>;

type IsSet<S extends Setting> = S extends { default: string } | { required: true } ? true : false;
export type SettingsOf<T extends SettingsTable> = {
  readonly [Name in keyof T]: IsSet<T[Name]> extends true
    ? SettingValue<T[Name]['kind']>
    : SettingValue<T[Name]['kind']> | undefined;
};

interface SettingSources {
  /** Path of the settings file, when there is one; the files of the folder beside it belong to it. */
  readonly file?: string;
  /** Settings by their own names, from flags (`--data-dir` arrives as dataDir). */
  readonly flags?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
}

interface Origin {
  readonly text: string;
  readonly from: string;
}

/**
 * Reads settings: flag > environment (`LEAFWARD_DATA_DIR`) > file > default.
 * Unknown keys and bad values throw SETTINGS_INVALID naming file, line and what is allowed; a placeholder of a template
 * that is still there throws SETTINGS_PLACEHOLDER.
 */
export function readSettings<T extends SettingsTable>(table: T, sources: SettingSources): SettingsOf<T> {
  const inFile = sources.file === undefined ? new Map() : readFileEntries(table, sources.file);
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(table)) {
    const origin = originOf(name, setting, sources, inFile);
    if (origin === undefined) {
      if (setting.required) throw missing(name, sources.file);
      continue;
    }
    refusePlaceholder(name, origin);
    values[name] = parseSettingValue(name, setting, origin.text, origin.from);
  }
  return values as SettingsOf<T>;
}

/** From which file a secret is read; undefined when it is given as it is, or not at all. The file may say something else later. */
export function secretFile(table: SettingsTable, name: string, sources: SettingSources): string | undefined {
  const inFile = sources.file === undefined ? new Map<string, Origin>() : readFileEntries(table, sources.file);
  if (directOrigin(name, sources, inFile) !== undefined) return undefined;
  return directOrigin(`${name}File`, sources, inFile)?.text;
}

function originOf(
  name: string,
  setting: Setting,
  sources: SettingSources,
  inFile: ReadonlyMap<string, Origin>,
): Origin | undefined {
  const direct = directOrigin(name, sources, inFile);
  if (direct !== undefined) return direct;
  if (setting.secret) {
    const reference = directOrigin(`${name}File`, sources, inFile);
    if (reference !== undefined) return { text: readSecret(reference, name), from: reference.text };
  }
  return setting.default === undefined ? undefined : { text: setting.default, from: 'the default' };
}

function directOrigin(name: string, sources: SettingSources, inFile: ReadonlyMap<string, Origin>): Origin | undefined {
  const flag = sources.flags?.[name];
  if (flag !== undefined)
    return { text: typeof flag === 'string' ? flag : JSON.stringify(flag), from: `--${dashed(name)}` };
  const variable = environmentName(name);
  const env = sources.env?.[variable];
  if (env !== undefined && env !== '') return { text: env, from: `the environment variable ${variable}` };
  return inFile.get(name);
}

function readFileEntries(table: SettingsTable, path: string): ReadonlyMap<string, Origin> {
  const entries = new Map<string, Origin>();
  for (const file of settingsFiles(path)) {
    for (const [name, origin] of entriesOf(table, file)) {
      entries.set(name, origin);
      // The later file names a file: what an earlier one said itself no longer counts.
      const secret = name.replace(/File$/, '');
      if (secret !== name && table[secret]?.secret === true) entries.delete(secret);
    }
  }
  return entries;
}

/** What one file says; each name once. */
function entriesOf(table: SettingsTable, path: string): ReadonlyMap<string, Origin> {
  const known = knownNames(table);
  const entries = new Map<string, Origin>();
  for (const { name, value, line } of parseSettingsFile(readText(path), path)) {
    if (!known.has(name)) throw unknownKey(name, path, line, known);
    if (entries.has(name)) {
      throw new AppError('SETTINGS_INVALID', `${path} line ${line}: ${name} is set twice`);
    }
    if (value === '') continue;
    entries.set(name, { text: isPath(table, name) ? besideFile(value, path) : value, from: `${path} line ${line}` });
  }
  return entries;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `cannot read the settings file ${path}: ${(cause as Error).message}`, {
      cause,
      hint: 'Check the path and that this user may read it.',
    });
  }
}

function knownNames(table: SettingsTable): ReadonlySet<string> {
  const known = new Set<string>();
  for (const [name, setting] of Object.entries(table)) {
    known.add(name);
    if (setting.secret) known.add(`${name}File`);
  }
  return known;
}

/** Of templates that are made for being filled in by a script. */
function refusePlaceholder(name: string, { text, from }: Origin): void {
  const found = /@(API_KEY|GROUP_ID|SERVER_URL)@/.exec(text)?.[0];
  if (found === undefined) return;
  throw new AppError('SETTINGS_PLACEHOLDER', `${from}: ${name} is still ${found}`, { details: { key: name } });
}

/** A secret's `…File` is a path too. */
function isPath(table: SettingsTable, name: string): boolean {
  return (table[name]?.kind ?? 'path') === 'path';
}

/** Relative paths of a settings file start at its folder, whatever folder the program was started in. */
function besideFile(value: string, file: string): string {
  return isAbsolute(value) ? value : resolve(dirname(file), value);
}

function unknownKey(name: string, path: string, line: number, known: ReadonlySet<string>): AppError {
  const near = closest(name, known);
  const meant = near === undefined ? `known keys: ${[...known].join(', ')}` : `did you mean ${near}?`;
  return new AppError('SETTINGS_INVALID', `${path} line ${line}: there is no setting ${name}; ${meant}`, {
    details: { file: path, line, key: name },
  });
}

function readSecret(reference: Origin, name: string): string {
  try {
    return readFileSync(reference.text, 'utf8').trim();
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `${reference.from}: cannot read ${reference.text} for ${name}`, { cause });
  }
}

function missing(name: string, file: string | undefined): AppError {
  const place = file === undefined ? '' : ` in ${file}`;
  return new AppError('SETTINGS_INVALID', `${name} is not set${place}`, {
    hint: `Set it${place}, as --${dashed(name)} or as ${environmentName(name)}.`,
  });
}

export function environmentName(setting: string): string {
  return `LEAFWARD_${setting.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase()}`;
}

export function dashed(setting: string): string {
  return setting.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);
}
