import type { SettingsTable } from '../runtime/settings.ts';

/** Settings of `leafward up`. */
export const upSettings = {
  dataDir: {
    kind: 'path',
    help: 'Folder that holds everything that is kept. Default: leafward in $XDG_DATA_HOME or in ~/.local/share.',
  },
  listen: {
    kind: 'string',
    default: '127.0.0.1:8080',
    help: 'Address and port of the pages. Port 0 takes a free one. Beyond loopback it needs tls, trustProxy or insecureHttp.',
  },
  publicUrl: {
    kind: 'url',
    help: 'Address under which people reach the pages, where it is not the one it listens on.',
  },
  tls: {
    kind: 'choice',
    choices: ['off', 'auto'],
    default: 'off',
    help: 'auto makes a CA and a certificate, kept in the data directory; the CA is at DIR/tls/ca.pem.',
  },
  trustProxy: {
    kind: 'list',
    help: 'Proxies that stand in front and end TLS, by address or network: 10.0.0.5, 10.1.0.0/16, loopback.',
  },
  insecureHttp: {
    kind: 'boolean',
    default: 'false',
    help: 'Listen beyond loopback without TLS: passwords and keys then cross the network readable.',
  },
  logLevel: {
    kind: 'choice',
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'warn',
    help: 'How much server and agent log.',
  },
} as const satisfies SettingsTable;
