import type { SettingsTable } from '../runtime/settings.ts';
import { mongodbSettings } from './mongodb-settings.ts';
import { serviceSettings } from './service-settings.ts';
import { waySettings } from './way-settings.ts';

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
  ...waySettings,
  ...mongodbSettings,
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
  maxBufferMemory: {
    kind: 'bytes',
    default: '16MiB',
    min: 2 ** 20,
    help: 'Memory for samples that wait, where the disk does not take them either. The oldest go first.',
  },
  ...serviceSettings,
} as const satisfies SettingsTable;
