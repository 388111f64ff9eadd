import { AppError } from './errors.ts';

export type SettingKind = 'string' | 'path' | 'number' | 'bytes' | 'duration' | 'boolean' | 'choice' | 'list' | 'url';

/** One row of a program's settings table. The reader, `--help`, the sample file and the docs all come from it. */
export interface Setting<K extends SettingKind = SettingKind> {
  readonly kind: K;
  /** As it would stand in the file; undefined = not set. */
  readonly default?: string;
  /** Allowed values for the kind `choice`. */
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Never printed; may also be given as `<name>File = path`. */
  readonly secret?: boolean;
  /** The reader refuses to go on without it. */
  readonly required?: boolean;
  /** Sentences for the sample file and the docs. */
  readonly help: string;
}

/** What each kind becomes: bytes and durations are numbers (bytes, milliseconds), lists are comma separated. */
export type SettingValue<K extends SettingKind> = K extends 'number' | 'bytes' | 'duration'
  ? number
  : K extends 'boolean'
    ? boolean
    : K extends 'list'
      ? readonly string[]
      : string;

const byteUnits: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 };
const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1e3, min: 60e3, h: 3600e3, d: 86_400e3 };

export function parseSettingValue(name: string, setting: Setting, text: string, from: string): unknown {
  const refuse = (allowed: string): AppError =>
    new AppError('SETTINGS_INVALID', `${from}: ${name} = ${setting.secret ? '(hidden)' : text}: ${allowed}`, {
      details: { key: name },
    });
  switch (setting.kind) {
    case 'string':
    case 'path':
      return text;
    case 'number':
      return inRange(Number(text), setting, refuse, 'a number');
    case 'bytes':
      return inRange(scaled(text, byteUnits), setting, refuse, 'a size such as 512MiB or 10GiB');
    case 'duration':
      return inRange(scaled(text, timeUnits), setting, refuse, 'a duration such as 10s, 5min or 2h');
    case 'boolean':
      if (text === 'true' || text === 'yes') return true;
      if (text === 'false' || text === 'no') return false;
      throw refuse('allowed are true and false');
    case 'choice':
      if (setting.choices?.includes(text)) return text;
      throw refuse(`allowed are ${setting.choices?.join(', ')}`);
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
    case 'url':
      if (/^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text.replace(/\/+$/, '');
      throw refuse('expected an address such as https://leafward.example.net:8080');
    default:
      throw refuse('unknown kind of setting');
  }
}

function inRange(value: number, setting: Setting, refuse: (allowed: string) => AppError, wanted: string): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = setting;
  if (!Number.isFinite(value)) throw refuse(`expected ${wanted}`);
  if (value < min || value > max) throw refuse(`expected ${wanted} from ${min} to ${max}`);
  return value;
}

function scaled(text: string, units: Readonly<Record<string, number>>): number {
  const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]+)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  return match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit;
}
