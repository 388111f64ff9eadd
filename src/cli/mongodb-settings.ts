import type { SettingsTable } from '../runtime/settings.ts';

/** How an agent signs in to MongoDB and speaks TLS with it, where the server does not say it. */
export const mongodbSettings = {
  mongodbUsername: { kind: 'string', help: 'User on the hosts for which the server names no login.' },
  mongodbPassword: {
    kind: 'string',
    secret: true,
    help: 'Password of that user. A file (mongodbPasswordFile) is read again for every new connection, so that a password can change without a restart.',
  },
  mongodbPasswordCommand: {
    kind: 'string',
    help: 'Command that prints the password, in place of mongodbPassword: a program with arguments, run without a shell, 10 s at most. Run again every five minutes and when a login is refused.',
  },
  mongodbAuthMechanism: {
    kind: 'choice',
    choices: ['SCRAM-SHA-1', 'SCRAM-SHA-256', 'MONGODB-X509', 'PLAIN', 'MONGODB-AWS', 'GSSAPI'],
    help: 'How to sign in. Default: the best SCRAM that the user has. MONGODB-X509 needs mongodbTlsCertificateKeyFile and no user. PLAIN is LDAP.',
  },
  mongodbAuthSource: {
    kind: 'string',
    help: 'Database in which that user was made. Default: admin; $external for MONGODB-X509, PLAIN, MONGODB-AWS and GSSAPI.',
  },
  mongodbLoginsFile: {
    kind: 'path',
    help: 'File with logins of single replica sets and hosts; they go before the settings above. See docs/install/authentication.md.',
  },
  mongodbTls: {
    kind: 'boolean',
    default: 'false',
    help: 'Speak TLS with the hosts for which the server does not say it.',
  },
  mongodbTlsCaFile: { kind: 'path', help: 'PEM file with the CA that signed the certificates of the hosts.' },
  mongodbTlsCertificateKeyFile: {
    kind: 'path',
    help: 'PEM file with the certificate and key of this agent, where mongod demands one.',
  },
  mongodbTlsCertificateKeyFilePassword: {
    kind: 'string',
    secret: true,
    help: 'Password of that key, when it is encrypted.',
  },
  mongodbTlsAllowInvalidHostnames: {
    kind: 'boolean',
    default: 'false',
    help: 'Accept certificates of the CA that are for other names than the hosts have. The CA is checked all the same.',
  },
} as const satisfies SettingsTable;
