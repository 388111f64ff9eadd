import { AppError } from '../runtime/errors.ts';
import { readCertificates, readCertificateWithKey } from '../runtime/pem-file.ts';
import { type SettingsOf, type SettingsTable, secretFile } from '../runtime/settings.ts';
import { proxyTo } from '../wire/server-proxy.ts';
import { openServerTrust } from '../wire/server-trust.ts';
import type { Flags } from './commands.ts';
import { readLogins } from './mongodb-logins.ts';
import type { mongodbSettings } from './mongodb-settings.ts';
import type { waySettings } from './way-settings.ts';

/** What every agent's settings hold of its connections: to the server, and to MongoDB. */
export interface ConnectionSettings extends SettingsOf<typeof waySettings>, SettingsOf<typeof mongodbSettings> {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly apiKey: string;
  readonly stateDir: string;
}

/** @throws SETTINGS_INVALID for a login that lacks something, PEM files that cannot be read, a proxy that is none */
export function checkConnections(settings: ConnectionSettings, passwordFile: string | undefined): void {
  readLogins(settings, passwordFile);
  openServerTrust(settings);
  proxyTo(settings.serverUrl, settings);
  const { mongodbTlsCaFile: ca, mongodbTlsCertificateKeyFile: pair, mongodbAuthMechanism } = settings;
  if (ca !== undefined) readCertificates('mongodbTlsCaFile', ca);
  if (pair !== undefined) {
    readCertificateWithKey('mongodbTlsCertificateKeyFile', pair, settings.mongodbTlsCertificateKeyFilePassword);
  } else if (mongodbAuthMechanism === 'MONGODB-X509') {
    throw new AppError('SETTINGS_INVALID', 'mongodbAuthMechanism = MONGODB-X509 needs mongodbTlsCertificateKeyFile');
  }
}

/** What both kinds of agent take from their files: the way to the server, and to the hosts. */
export function connectionsOf(settings: ConnectionSettings, passwordFile: string | undefined) {
  return {
    serverUrl: settings.serverUrl,
    groupId: settings.groupId,
    apiKey: settings.apiKey,
    serverCaFile: settings.serverCaFile,
    serverPins: settings.serverPins,
    serverClientCertificateFile: settings.serverClientCertificateFile,
    serverClientKeyPassword: settings.serverClientKeyPassword,
    httpProxy: settings.httpProxy,
    httpProxyCredentials: settings.httpProxyCredentials,
    env: process.env,
    stateDir: settings.stateDir,
    logins: readLogins(settings, passwordFile),
    mongodbTls: settings.mongodbTls,
    mongodbTlsCaFile: settings.mongodbTlsCaFile,
    mongodbTlsCertificateKeyFile: settings.mongodbTlsCertificateKeyFile,
    mongodbTlsCertificateKeyFilePassword: settings.mongodbTlsCertificateKeyFilePassword,
    mongodbTlsAllowInvalidHostnames: settings.mongodbTlsAllowInvalidHostnames,
  };
}

/** Where the settings say that the password of MongoDB stands. */
export function passwordFileOf(table: SettingsTable, flags: Flags): string | undefined {
  const file = flags['settings'];
  const sources = { ...(typeof file === 'string' ? { file } : {}), flags, env: process.env };
  return secretFile(table, 'mongodbPassword', sources);
}
