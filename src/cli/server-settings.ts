import type { SettingsTable } from '../runtime/settings.ts';
import { logSettings } from './log-settings.ts';

/** Settings of `leafward server`. */
export const serverSettings = {
  dataDir: {
    kind: 'path',
    default: '/var/lib/leafward/server',
    help: 'Folder that holds everything the server keeps. Made with mode 0700; one server at a time works on it.',
  },
  listen: {
    kind: 'list',
    default: '127.0.0.1:8080',
    help: 'Addresses to listen on, separated by commas: HOST:PORT, or unix:/path for a proxy on this machine. Port 0 takes a free one. Beyond loopback it needs tls, trustProxy or insecureHttp.',
  },
  publicUrl: {
    kind: 'url',
    help: 'Address under which people and agents reach the server; links are made from it alone. Not set: as typed at set-up. Read again on SIGHUP.',
  },
  tls: {
    kind: 'choice',
    choices: ['off', 'auto'],
    default: 'off',
    help: 'auto makes a CA and a certificate, kept in the data directory; the CA is at DIR/tls/ca.pem. Not with tlsCert.',
  },
  tlsCert: {
    kind: 'path',
    help: 'Certificate chain (PEM) to serve HTTPS with. Needs tlsKey. Read again within seconds when the file changes, and on SIGHUP.',
  },
  tlsKey: { kind: 'path', help: 'Private key (PEM) of tlsCert, without a password.' },
  tlsMinVersion: { kind: 'choice', choices: ['1.2', '1.3'], default: '1.2', help: 'The oldest TLS that is spoken.' },
  trustProxy: {
    kind: 'list',
    help: 'Proxies that stand in front and end TLS, by address or network (10.0.0.5, 10.1.0.0/16, loopback): their X-Forwarded-For and X-Forwarded-Proto are believed, those of nobody else. Whoever comes by a Unix socket is believed then too.',
  },
  insecureHttp: {
    kind: 'boolean',
    default: 'false',
    help: 'Listen beyond loopback without TLS: passwords and keys then cross the network readable.',
  },
  credentialKeyFile: {
    kind: 'path',
    help: 'Key that encrypts stored MongoDB passwords; made at first use with mode 0600. Keep it apart from backups of the data directory. Default: DIR/keys/credentials.key.',
  },
  masterKeyFile: {
    kind: 'path',
    help: 'Encrypts backups at rest (AES-256-GCM): the key that wraps the keys of all groups; made at first use with mode 0600. Keep a copy elsewhere: without it no backup can be read. What was stored before it was set stays as it is.',
  },
  masterKeyCommand: {
    kind: 'string',
    help: 'Command that prints the master key (64 hex digits or base64), run once at the start: for a key that rests in a vault. Not with masterKeyFile.',
  },
  artifactKeysFile: {
    kind: 'path',
    help: 'Public keys, as minisign writes them, whose artifacts "leafward admin artifacts add" takes besides those that are signed by the project.',
  },
  ...logSettings,
  pidFile: { kind: 'path', help: 'Write the process id to this file.' },
} as const satisfies SettingsTable;
