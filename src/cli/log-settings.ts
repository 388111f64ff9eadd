import type { SettingsOf, SettingsTable } from '../runtime/settings.ts';

/** What server and agents log, and where. */
export const logSettings = {
  logFile: { kind: 'path', help: 'Log file. Opened again on SIGHUP. Default: standard output.' },
  logMaxSize: {
    kind: 'bytes',
    default: '100MiB',
    min: 64 * 1024,
    help: 'The log file is put aside when it is larger: as NAME.20261121T190312000Z. logrotate, where there is one, comes first with its weekly run.',
  },
  logMaxAge: { kind: 'duration', min: 60_000, help: 'Also when it is older than this: 1d, 12h.' },
  logKeep: { kind: 'number', default: '5', min: 0, help: 'So many of those that were put aside are kept.' },
  logLevel: {
    kind: 'choice',
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'info',
    help: 'How much is logged; debug logs every request of a server.',
  },
  logFormat: {
    kind: 'choice',
    choices: ['text', 'json'],
    default: 'text',
    help: 'One line per event, for people or for programs.',
  },
} as const satisfies SettingsTable;

export type LogSettings = SettingsOf<typeof logSettings>;
