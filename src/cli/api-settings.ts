import type { SettingsTable } from '../runtime/settings.ts';

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
    help: 'API token from Settings > Keys. It begins with lft_.',
  },
  serverCaFile: {
    kind: 'path',
    help: "PEM file with the CA that signed the server's certificate, when it is your own.",
  },
  httpProxy: {
    kind: 'string',
    help: 'Proxy on the way to the server. Default: https_proxy and http_proxy of the environment; no_proxy is obeyed.',
  },
} as const satisfies SettingsTable;
