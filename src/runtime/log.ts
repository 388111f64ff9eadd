import { type ConsolaInstance, createConsola } from 'consola';
import { Repeats } from './log-repeats.ts';
import { redact } from './redact.ts';

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';
export type LogFormat = 'text' | 'json';
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

/** The log of a program: whoever made it says when no more comes. */
export interface ProgramLog extends Log {
  /** Writes what was held back as repeated. */
  flush(): void;
}

interface LogSettings {
  /** As a function it is asked for each event: the level can change while the program runs. */
  readonly level: LogLevel | (() => LogLevel);
  readonly format: LogFormat | (() => LogFormat);
  /** Takes whole lines without the newline. False: it could not be written; the log says later how many were lost. */
  readonly write: (line: string) => unknown;
}

interface LogEvent {
  readonly level: string;
  readonly message: string;
  readonly fields: Fields;
}

const levels: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 3, debug: 4 };

/** A log through consola. The same line again and again is counted: "repeated 311 times". */
export function createLog({ level, format, write }: LogSettings): ProgramLog {
  let lost = 0;
  const put = (date: Date, { level: name, message, fields }: LogEvent): void => {
    const render = (typeof format === 'function' ? format() : format) === 'json' ? renderJson : renderText;
    if (write(redact(render(date, name, message, fields))) === false) lost++;
    else if (lost > 0) {
      const lines = lost;
      lost = 0;
      put(new Date(), { level: 'warn', message: 'lines of this log could not be written', fields: { lines } });
    }
  };
  const repeats = new Repeats<LogEvent>((event, times) =>
    put(new Date(), { ...event, message: `${event.message} (repeated ${times} ${times === 1 ? 'time' : 'times'})` }),
  );
  const consola = createConsola({
    level: typeof level === 'function' ? levels.debug : levels[level],
    // Its own throttle holds back only what comes one after the other.
    throttle: 0,
    reporters: [
      {
        log: ({ type, args, date, level: weight }) => {
          if (typeof level === 'function' && weight > levels[level()]) return;
          const [message, fields] = args as [string, Fields];
          const event = { level: type, message, fields };
          if (repeats.pass(`${type} ${message} ${textOf(fields)}`, event)) put(date, event);
        },
      },
    ],
  });
  return { ...wrap(consola, {}), flush: () => repeats.flush(true) };
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
  return printable(JSON.stringify({ time: date.toISOString(), level, message, ...fields }));
}

function renderText(date: Date, level: string, message: string, fields: Fields): string {
  const rest = textOf(fields);
  const head = `${date.toISOString()} ${level.toUpperCase().padEnd(5)} ${printable(message.replaceAll('\n', ' '))}`;
  return rest === '' ? head : `${head} ${rest}`;
}

/** What others sent must make no second line, and tell no terminal what to do. Escaped as in JSON, so that it stays JSON. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) =>
    Array.from({ length: found.length }, (_, at) => found.charCodeAt(at).toString(16).padStart(4, '0'))
      .map((hex) => `\\u${hex}`)
      .join(''),
  );
}

function textOf(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${renderValue(value)}`)
    .join(' ');
}

function renderValue(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return printable(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text));
}

/** A log that says nothing, for tests and for code that is run as a library. */
export const silentLog: Log = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  with: () => silentLog,
};
