import { type ConsolaInstance, createConsola } from 'consola';
import { redact } from './redact.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
type Fields = Readonly<Record<string, unknown>>;

/** One line per event: a message in plain words, then fields. Secrets are masked here, whatever the caller passes. */
export interface Log {
  error(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  debug(message: string, fields?: Fields): void;
  /** The same log with fields that stand on every line. */
  with(fields: Fields): Log;
}

interface LogSettings {
  /** As a function it is asked for each event: the level can change while the program runs. */
  readonly level: LogLevel | (() => LogLevel);
  readonly format: 'text' | 'json';
  /** Takes whole lines without the newline. */
  readonly write: (line: string) => void;
}

const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 3, debug: 4 };

export function createLog(settings: LogSettings): Log {
  const render = settings.format === 'json' ? renderJson : renderText;
  const { level } = settings;
  const consola = createConsola({
    level: typeof level === 'function' ? levels.debug : levels[level],
    throttle: 0,
    reporters: [
      {
        log: ({ type, args, date, level: weight }) => {
          if (typeof level === 'function' && weight > levels[level()]) return;
          const [message, fields] = args as [string, Fields];
          settings.write(redact(render(date, type, message, fields)));
        },
      },
    ],
  });
  return wrap(consola, {});
}

function wrap(consola: ConsolaInstance, base: Fields): Log {
  return {
    error: (message, fields) => consola.error(message, { ...base, ...fields }),
    warn: (message, fields) => consola.warn(message, { ...base, ...fields }),
    info: (message, fields) => consola.info(message, { ...base, ...fields }),
    debug: (message, fields) => consola.debug(message, { ...base, ...fields }),
    with: (fields) => wrap(consola, { ...base, ...fields }),
  };
}

function renderJson(date: Date, level: string, message: string, fields: Fields): string {
  return JSON.stringify({ time: date.toISOString(), level, message, ...fields });
}

function renderText(date: Date, level: string, message: string, fields: Fields): string {
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${renderValue(value)}`);
  return [date.toISOString(), level.toUpperCase().padEnd(5), message.replaceAll('\n', ' '), ...rest].join(' ');
}

function renderValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(text);
}

/** A log that says nothing, for tests and for code that is run as a library. */
export const silentLog: Log = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  with: () => silentLog,
};
