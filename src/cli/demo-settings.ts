import type { SettingsTable } from '../runtime/settings.ts';

/** Settings of `leafward demo`. */
export const demoSettings = {
  dataDir: { kind: 'path', help: 'Keep everything in this folder. Default: a temporary one, removed at the end.' },
  listen: {
    kind: 'string',
    help: 'Address and port of the pages. Default: 127.0.0.1:8080, or a free port when that is taken.',
  },
  mongod: { kind: 'path', help: 'The mongod to start. Default: the one that tests use, or one on the PATH.' },
  logLevel: {
    kind: 'choice',
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'error',
    help: 'How much server and agent log.',
  },
} as const satisfies SettingsTable;
