import type { SettingsTable } from '../runtime/settings.ts';
import { mongodbSettings } from './mongodb-settings.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';
import { serviceSettings } from './service-settings.ts';
import { waySettings } from './way-settings.ts';

const { serverUrl, groupId, apiKey } = monitoringAgentSettings;

/** The backup agent's settings; packaging/settings/backup-agent.config is made from this table. */
export const backupAgentSettings = {
  serverUrl,
  groupId,
  apiKey,
  ...waySettings,
  ...mongodbSettings,
  mongodbUsername: {
    kind: 'string',
    help: 'User on the members for which the server names no login. It needs the roles backup and clusterMonitor on admin.',
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
  maxBufferMemory: {
    kind: 'bytes',
    default: '32MiB',
    min: 2 ** 20,
    help: 'Memory for oplog that waits in the spool, so that it need not be read from disk again.',
  },
  ...serviceSettings,
} as const satisfies SettingsTable;
