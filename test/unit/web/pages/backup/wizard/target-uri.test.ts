import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { type RestoreChoice, restoreCommand } from '../../../../../../src/web/pages/backup/wizard/restore-command.ts';
import {
  readTarget,
  type TargetChoice,
  targetLogins,
  targetProblem,
  targetUri,
} from '../../../../../../src/web/pages/backup/wizard/target-uri.ts';
import { mongodbCredentials } from '../../../../../../src/wire/agent-messages.ts';

/** What the driver makes of the line, with files that it need not find. */
function credentialsOf(target: TargetChoice) {
  const uri = targetUri(target).replace(/&tls(CertificateKey|CA)File=[^&]+/g, '');
  const { credentials, hosts, tls } = new MongoClient(uri).options;
  const { mechanism, source, username, password } = credentials ?? {};
  return { hosts: hosts.map(String), mechanism, source, username, password, tls: tls === true };
}

const hosts = 'db1.example.net:27017,[::1]:27018';
const named = ['db1.example.net:27017', '[::1]:27018'];
const user = "o'hara@x/y";

test('each login is one that the driver takes, with the source that it belongs to', () => {
  const scram = { hosts: named, source: 'admin', username: user, password: 'PASSWORD', tls: false };
  const external = { hosts: named, source: '$external', tls: true };
  assert.deepEqual(
    targetLogins.map(([login]) => credentialsOf({ hosts, login, user })),
    [
      { hosts: named, mechanism: undefined, source: undefined, username: undefined, password: undefined, tls: false },
      { ...scram, mechanism: 'DEFAULT' },
      { ...scram, mechanism: 'SCRAM-SHA-256' },
      { ...scram, mechanism: 'SCRAM-SHA-1' },
      { ...external, mechanism: 'MONGODB-X509', username: '', password: '' },
      { ...external, mechanism: 'PLAIN', username: user, password: 'PASSWORD' },
    ],
  );
  // What an agent may be told to use is what is named here.
  for (const [login] of targetLogins.slice(2)) {
    assert.equal(mongodbCredentials.shape.authMechanism.safeParse(login).success, true, login);
  }
});

test('a password stands in no command; an address that is none of the choices means the plain ones', () => {
  const choice: Omit<RestoreChoice, 'target'> = {
    ...{ replicaSet: 'rs0', moment: { snapshotId: 's1' }, namespaces: [], rename: '', toSource: false, drop: false },
    usersAndRoles: false,
    filter: null,
    existing: 'refuse',
  };
  for (const [login] of targetLogins) {
    const line = restoreCommand({ ...choice, target: { hosts, login, user } }, false);
    assert.equal(/PASSWORD/.test(line), false, line);
    assert.match(line, login === 'none' || login === 'MONGODB-X509' ? /--to 'mongodb:/ : /--to-file target\.uri$/);
  }
  assert.deepEqual(readTarget(new URLSearchParams('login=GSSAPI')), { hosts: '', login: 'none', user: '' });
  const wrong = { hosts: "x' ; rm -rf / #", login: 'none', user: '' } as const;
  assert.match(targetProblem(wrong) ?? '', /Only hosts/);
  assert.equal(targetUri(wrong), 'mongodb://TARGET:27017');
  assert.equal(targetProblem({ ...wrong, hosts }), null);
});
