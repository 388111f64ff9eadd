import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  MongoAWSError,
  MongoMissingCredentialsError,
  MongoMissingDependencyError,
  type MongoServerError,
} from 'mongodb';
import { AppError } from '../runtime/errors.ts';
import type { MongodbCredentials } from '../wire/agent-messages.ts';

/** How a connection was to sign in. */
export interface Signing {
  readonly credentials?: MongodbCredentials | undefined;
  readonly tlsCertificateKeyFile?: string | undefined;
}

const ownModules = 'docs/install/authentication.md tells what Kerberos and AWS need beside the executable.';

/** The host was reached and does not take the login: who tried, how, and what is to be done. */
export function refusedLogin(error: MongoServerError, host: string, signing: Signing, thrown: unknown): AppError {
  const { credentials } = signing;
  const message = `${host} refuses the login${credentials === undefined ? '' : ` ${wordsOf(credentials)}`}: ${error.message}`;
  return new AppError('MONGODB_AUTH_FAILED', message, {
    cause: thrown,
    retryable: true,
    ...(credentials === undefined ? {} : { hint: nextStep(error, signing, credentials) }),
  });
}

/** The host wants a login, and there is none. */
export function missingLogin(host: string, thrown: unknown): AppError {
  return new AppError('MONGODB_PRIVILEGE_MISSING', `${host} demands a login, and none is set for it`, {
    cause: thrown,
    retryable: true,
    hint: "Set user and password on the host's page, or mongodbUsername and mongodbPasswordFile in the settings file of the agent.",
  });
}

/** What the driver itself lacks to sign in; undefined when it is something else. */
export function unpreparedLogin(error: unknown, host: string, signing: Signing, thrown: unknown): AppError | undefined {
  const { credentials } = signing;
  if (credentials === undefined) return undefined;
  const refuse = (why: string, hint: string): AppError =>
    new AppError('MONGODB_AUTH_FAILED', `cannot sign in to ${host} ${wordsOf(credentials)}: ${why}`, {
      cause: thrown,
      retryable: true,
      hint,
    });
  if (error instanceof MongoMissingDependencyError)
    return refuse(`the module ${error.dependencyName} is missing`, ownModules);
  if (error instanceof MongoAWSError) {
    const [, missing] = /Optional module `(.+?)` not found/.exec(error.message) ?? [];
    return refuse(missing === undefined ? error.message : `the module ${missing} is missing`, ownModules);
  }
  if (error instanceof MongoMissingCredentialsError) return refuse(error.message, ownModules);
  return undefined;
}

function wordsOf({ username, authSource, authMechanism }: NonNullable<Signing['credentials']>): string {
  if (username === '') return `by ${authMechanism ?? 'its certificate'}`;
  return `of ${username} on ${authSource} (${authMechanism ?? 'SCRAM'})`;
}

function nextStep(
  { message }: MongoServerError,
  { tlsCertificateKeyFile }: Signing,
  { authMechanism, authSource }: NonNullable<Signing['credentials']>,
): string {
  if (message.startsWith('Received authentication for mechanism')) {
    return `That mongod does not allow ${authMechanism ?? 'any SCRAM'} (its parameter authenticationMechanisms): choose another as mongodbAuthMechanism.`;
  }
  if (authMechanism === 'MONGODB-X509') {
    const user = JSON.stringify(subjectOf(tlsCertificateKeyFile) ?? 'subject of the certificate');
    return `The user must be in $external and be called as the subject of the certificate. In mongosh: db.getSiblingDB("$external").createUser({ user: ${user}, roles: [{ role: "clusterMonitor", db: "admin" }] })`;
  }
  if (authMechanism === 'PLAIN') return 'Check user and password at the LDAP server, and that mongod reaches it.';
  return `Check user and password, and that the user was made in the database ${authSource} (else set authSource)${authMechanism === undefined ? '' : `, with ${authMechanism}`}.`;
}

/** As MongoDB writes it (RFC 2253): the last part first, separated by commas. */
function subjectOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    return new X509Certificate(readFileSync(path)).subject.split('\n').toReversed().join(',');
  } catch {
    return undefined;
  }
}
