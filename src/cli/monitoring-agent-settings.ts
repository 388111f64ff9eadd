import type { SettingsTable } from '../runtime/settings.ts';

/** The monitoring agent's settings; packaging/settings/monitoring-agent.config is made from this table. */
export const monitoringAgentSettings = {
  serverUrl: {
    kind: 'url',
    required: true,
    help: 'Address of the Leafward server, as in the browser: https://leafward.example.net:8080.',
  },
  groupId: { kind: 'string', required: true, help: 'The group that this agent works for. Settings > Group shows it.' },
  apiKey: {
    kind: 'string',
    secret: true,
    required: true,
    help: 'Agent key from Settings > Agent keys. It begins with lfw_.',
  },
  serverCaFile: {
    kind: 'path',
    help: "PEM file with the CA that signed the server's certificate, when it is your own.",
  },
  httpProxy: {
    kind: 'string',
    help: 'Proxy on the way to the server: http://user:password@proxy:3128. Default: https_proxy and http_proxy of the environment; no_proxy is obeyed.',
  },
  mongodbUsername: { kind: 'string', help: 'User on the watched hosts for which the server names no login.' },
  mongodbPassword: { kind: 'string', secret: true, help: 'Password of that user.' },
  mongodbAuthSource: { kind: 'string', default: 'admin', help: 'Database in which that user was made.' },
  mongodbTls: {
    kind: 'boolean',
    default: 'false',
    help: 'Speak TLS with watched hosts for which the server does not say it.',
  },
  mongodbTlsCaFile: { kind: 'path', help: 'PEM file with the CA that signed the certificates of the watched hosts.' },
  mongodbTlsCertificateKeyFile: {
    kind: 'path',
    help: 'PEM file with the certificate and key of this agent, where mongod demands one.',
  },
  stateDir: {
    kind: 'path',
    default: '/var/lib/leafward/monitoring-agent',
    help: 'Folder for the identity of this agent and for samples that wait. One per agent.',
  },
  maxOutboxBytes: {
    kind: 'bytes',
    default: '256MiB',
    min: 2 ** 20,
    help: 'Disk space for samples that wait while the server is away. The oldest go first.',
  },
  importDiagnosticData: {
    kind: 'boolean',
    default: 'true',
    help: "Read a local mongod's diagnostic.data once, when it is readable, so that the charts begin in the past.",
  },
  logFile: { kind: 'path', help: 'Log file, reopened on SIGHUP. Default: standard output.' },
  logLevel: {
    kind: 'choice',
    choices: ['error', 'warn', 'info', 'debug'],
    default: 'info',
    help: 'How much is logged.',
  },
  logFormat: { kind: 'choice', choices: ['text', 'json'], default: 'text', help: 'Lines for people or for programs.' },
  pidFile: { kind: 'path', help: 'File for the process id, for init scripts.' },
} as const satisfies SettingsTable;
