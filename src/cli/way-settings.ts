import type { SettingsTable } from '../runtime/settings.ts';

/** The way to the server: of both agents, and of the commands that use the API. */
export const waySettings = {
  serverCaFile: {
    kind: 'path',
    help: "PEM file with the CA that signed the server's certificate, when it is your own. It is trusted instead of the usual ones; on Linux /etc/ssl/certs/ca-certificates.crt or /etc/pki/tls/certs/ca-bundle.crt holds what the machine trusts.",
  },
  serverPins: {
    kind: 'list',
    help: "Keys that the server's certificate (or a CA above it) may have, besides all other checks: sha256//BASE64, several with commas.",
  },
  serverClientCertificateFile: {
    kind: 'path',
    help: 'PEM file with a certificate and key of this machine, where what stands before the server demands one.',
  },
  serverClientKeyPassword: { kind: 'string', secret: true, help: 'Password of that key, when it is encrypted.' },
  httpProxy: {
    kind: 'string',
    help: 'Proxy on the way to the server: http://proxy.example.net:3128, or https://. Default: https_proxy (http_proxy for a server without TLS) of the environment; no_proxy is obeyed. Never used for MongoDB.',
  },
  httpProxyCredentials: { kind: 'string', secret: true, help: 'Login at that proxy: user:password.' },
} as const satisfies SettingsTable;
