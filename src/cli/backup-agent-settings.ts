import type { SettingsTable } from '../runtime/settings.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';

const {
  serverUrl,
  groupId,
  apiKey,
  serverCaFile,
  httpProxy,
  mongodbAuthSource,
  logFile,
  logLevel,
  logFormat,
  pidFile,
} = monitoringAgentSettings;

/** The backup agent's settings; packaging/settings/backup-agent.config is made from this table. */
export const backupAgentSettings = {
  serverUrl,
  groupId,
  apiKey,
  serverCaFile,
  httpProxy,
  mongodbUsername: {
    kind: 'string',
    help: 'User on the members for which the server names no login. It needs the roles backup and clusterMonitor on admin.',
  },
  mongodbPassword: { kind: 'string', secret: true, help: 'Password of that user.' },
  mongodbAuthSource,
  mongodbTls: {
    kind: 'boolean',
    default: 'false',
    help: 'Speak TLS with members for which the server does not say it.',
  },
  mongodbTlsCaFile: { kind: 'path', help: 'PEM file with the CA that signed the certificates of the members.' },
  mongodbTlsCertificateKeyFile: {
    kind: 'path',
    help: 'PEM file with the certificate and key of this agent, where mongod demands one.',
  },
  stateDir: {
    kind: 'path',
    default: '/var/lib/leafward/backup-agent',
    help: 'Folder for the identity of this agent and for the spool: oplog that waits for the server. One per agent.',
  },
  maxSpoolBytes: {
    kind: 'bytes',
    default: '10GiB',
    min: 64 * 2 ** 20,
    help: 'Disk space for the spool. When it is full, reading stops; the oplog of the members then holds the place for a while. 256 MiB of the disk are always left free.',
  },
  drillTarget: {
    kind: 'string',
    secret: true,
    help: 'A mongod or replica set that is there for restore drills alone: mongodb://user:password@host:port/. Each drill replaces everything in it. The server never learns more than host and port. Not set: drills read the store alone.',
  },
  logFile,
  logLevel,
  logFormat,
  pidFile,
} as const satisfies SettingsTable;
