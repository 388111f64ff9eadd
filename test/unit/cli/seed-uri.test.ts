import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSeedUri } from '../../../src/cli/seed-uri.ts';

test('hosts, login and TLS come from the connection string', async () => {
  assert.deepEqual(await parseSeedUri('mongodb://db1,DB2:27018/?replicaSet=rs0'), {
    hosts: ['db1:27017', 'db2:27018'],
    username: undefined,
    password: undefined,
    authSource: undefined,
    authMechanism: undefined,
    tls: false,
    tlsCaFile: undefined,
    tlsCertificateKeyFile: undefined,
    tlsCertificateKeyFilePassword: undefined,
    tlsAllowInvalidHostnames: false,
  });
  const full = await parseSeedUri('mongodb://me%40x:p%2Fw@[::1]:1/app?TLS=true&tlsCAFile=%2Fca.pem');
  assert.deepEqual(full.hosts, ['[::1]:1']);
  assert.equal(full.username, 'me@x');
  assert.equal(full.password, 'p/w');
  assert.equal(full.authSource, 'app');
  assert.equal(full.tls, true);
  assert.equal(full.tlsCaFile, '/ca.pem');
  assert.equal((await parseSeedUri('mongodb://u:p@h/?authSource=other')).authSource, 'other');
  assert.equal((await parseSeedUri('mongodb://u:p@h')).authSource, 'admin');
  const x509 = await parseSeedUri(
    'mongodb://h/?authMechanism=MONGODB-X509&tls=true&tlsCertificateKeyFile=%2Fa.pem&tlsCertificateKeyFilePassword=p%26w&tlsAllowInvalidHostnames=true',
  );
  assert.equal(x509.authMechanism, 'MONGODB-X509');
  assert.equal(x509.authSource, undefined);
  assert.equal(x509.tlsCertificateKeyFilePassword, 'p&w');
  assert.equal(x509.tlsAllowInvalidHostnames, true);
  assert.equal((await parseSeedUri('mongodb://u:p@h/?authMechanism=PLAIN')).authSource, undefined);
});

test('what is no connection string is refused without repeating it', async () => {
  for (const uri of [
    'localhost:27017',
    'mongodb://',
    'mongodb://u:top%secret@h',
    'http://u:secret@h',
    'mongodb+srv://a:secret@h:1',
  ]) {
    await assert.rejects(parseSeedUri(uri), (thrown: Error & { code?: string }) => {
      assert.equal(thrown.code, 'INPUT_INVALID');
      assert.doesNotMatch(thrown.message, /secret/);
      return true;
    });
  }
});
