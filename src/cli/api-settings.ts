import type { SettingsTable } from '../runtime/settings.ts';
import { waySettings } from './way-settings.ts';

/** How commands that use the API reach the server. */
export const apiSettings = {
  serverUrl: {
    kind: 'url',
    required: true,
    help: 'Address of the Leafward server, as in the browser: https://leafward.example.net:8080.',
  },
  groupId: { kind: 'string', required: true, help: 'The group. Settings > Group shows its id.' },
  apiToken: {
    kind: 'string',
    secret: true,
    required: true,
    help: 'API token from Settings > Tokens. It begins with lft_.',
  },
  ...waySettings,
} as const satisfies SettingsTable;
