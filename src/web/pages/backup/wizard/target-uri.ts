import type { MongodbCredentials } from '../../../../wire/agent-messages.ts';

/** How one signs in to the target; `default`: the best SCRAM that the user has. */
export type TargetLogin =
  | 'none'
  | 'default'
  | Extract<MongodbCredentials['authMechanism'], 'SCRAM-SHA-256' | 'SCRAM-SHA-1' | 'MONGODB-X509' | 'PLAIN'>;

export interface TargetChoice {
  /** `host:port`, several separated by commas; empty: still to be filled in. */
  readonly hosts: string;
  readonly login: TargetLogin;
  readonly user: string;
}

export const targetLogins: readonly (readonly [TargetLogin, string])[] = [
  ['none', 'none: it asks for none'],
  ['default', 'user and password'],
  ['SCRAM-SHA-256', 'user and password: SCRAM-SHA-256'],
  ['SCRAM-SHA-1', 'user and password: SCRAM-SHA-1'],
  ['MONGODB-X509', 'client certificate: X.509'],
  ['PLAIN', 'LDAP: PLAIN, over TLS'],
];

export function needsPassword(login: TargetLogin): boolean {
  return login !== 'none' && login !== 'MONGODB-X509';
}

/** What an address says of the target; what is none of the choices is left out. */
export function readTarget(query: URLSearchParams): TargetChoice {
  const wanted = query.get('login');
  const login = targetLogins.find(([name]) => name === wanted)?.[0] ?? 'none';
  return { hosts: (query.get('to') ?? '').trim(), login, user: query.get('user') ?? '' };
}

const hostsPattern = /^(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?(?:,(?:[\w.-]+|\[[\da-fA-F:.]+\])(?::\d{1,5})?)*$/;

/** What is wrong with what was typed; null: nothing. */
export function targetProblem({ hosts }: TargetChoice): string | null {
  if (hosts === '' || hostsPattern.test(hosts)) return null;
  return 'Only hosts stand here, as in db1.example.net:27017,db2.example.net:27017: the rest comes from the login.';
}

/** The connection string; in the place of a password it has the word PASSWORD. */
export function targetUri(target: TargetChoice): string {
  const { hosts, login, user } = target;
  const place = hosts === '' || targetProblem(target) !== null ? 'TARGET:27017' : hosts;
  const who = `${encodeURIComponent(user === '' ? 'USER' : user)}:PASSWORD@`;
  switch (login) {
    case 'none':
      return `mongodb://${place}`;
    case 'MONGODB-X509':
      return `mongodb://${place}/?authMechanism=MONGODB-X509&authSource=%24external&tls=true&tlsCertificateKeyFile=client.pem&tlsCAFile=ca.pem`;
    case 'PLAIN':
      return `mongodb://${who}${place}/?authMechanism=PLAIN&authSource=%24external&tls=true&tlsCAFile=ca.pem`;
    case 'default':
      return `mongodb://${who}${place}/?authSource=admin`;
    default:
      return `mongodb://${who}${place}/?authMechanism=${login}&authSource=admin`;
  }
}

/** The file that the connection string with the password is in. */
export const targetFile = 'target.uri';
