import type { SettingsTable } from '../runtime/settings.ts';
import { logSettings } from './log-settings.ts';

/** What every agent has of a service: how it logs, how it is found, what it may take. */
export const serviceSettings = {
  maxBandwidth: {
    kind: 'bytes',
    min: 16 * 1024,
    help: 'How much it sends to the server in a second, on average: 2MiB. Not set: as much as the network takes.',
  },
  ...logSettings,
  pidFile: { kind: 'path', help: 'File for the process id, for init scripts. Holds from the next start.' },
  statusListen: {
    kind: 'string',
    help: 'Shows the status (GET /status) and figures for Prometheus (GET /metrics) at this address of this machine: 127.0.0.1:27980, or the path of a socket. Not set: nowhere; "status" as a command works all the same.',
  },
} as const satisfies SettingsTable;
