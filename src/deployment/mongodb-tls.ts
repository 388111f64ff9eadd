import type { HostConnection } from './connect.ts';

/** An agent's own settings for TLS with MongoDB. */
export interface MongodbTls {
  /** For hosts of which the server does not say it. */
  readonly mongodbTls: boolean;
  readonly mongodbTlsCaFile?: string | undefined;
  readonly mongodbTlsCertificateKeyFile?: string | undefined;
  readonly mongodbTlsCertificateKeyFilePassword?: string | undefined;
  readonly mongodbTlsAllowInvalidHostnames?: boolean | undefined;
}

/** TLS with one host. `wanted`: as the server says it. */
export function tlsWith(settings: MongodbTls, wanted: boolean | undefined): Omit<HostConnection, 'host'> {
  return {
    tls: wanted ?? settings.mongodbTls,
    tlsCaFile: settings.mongodbTlsCaFile,
    tlsCertificateKeyFile: settings.mongodbTlsCertificateKeyFile,
    tlsCertificateKeyFilePassword: settings.mongodbTlsCertificateKeyFilePassword,
    tlsAllowInvalidHostnames: settings.mongodbTlsAllowInvalidHostnames ?? false,
  };
}
