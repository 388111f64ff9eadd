import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { passwordFileOf } from '../../../src/cli/agent-connections.ts';
import { readLogins, readLoginsFile } from '../../../src/cli/mongodb-logins.ts';
import { monitoringAgentSettings } from '../../../src/cli/monitoring-agent-settings.ts';
import { tempDir } from '../../support/temp-dir.ts';

const none = {
  mongodbUsername: undefined,
  mongodbPassword: undefined,
  mongodbPasswordCommand: undefined,
  mongodbAuthMechanism: undefined,
  mongodbAuthSource: undefined,
  mongodbLoginsFile: undefined,
};

test('a login of the host goes before that of its replica set, that before the one for all', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('rs1.password'), 'of the set\n');
  const file = folder.file('logins');
  writeFileSync(
    file,
    [
      '# logins',
      '[rs1]',
      'username = set',
      'passwordFile = rs1.password',
      '',
      '[DB9.example.net:27018]   # an old one',
      'username = "host # 9"',
      'password = of the host',
      'authMechanism = SCRAM-SHA-1',
      'authSource = test',
      '[[::1]:27017]',
      'authMechanism = MONGODB-X509',
    ].join('\n'),
  );
  const settings = { ...none, mongodbUsername: 'all', mongodbPassword: 'of all', mongodbLoginsFile: file };
  const logins = readLogins(settings, undefined);
  assert.ok(logins !== undefined);
  assert.deepEqual(await logins.for('db1:27017', 'rs1'), {
    username: 'set',
    password: 'of the set',
    authSource: 'admin',
  });
  assert.deepEqual(await logins.for('db9.example.net:27018', 'rs1'), {
    username: 'host # 9',
    password: 'of the host',
    authMechanism: 'SCRAM-SHA-1',
    authSource: 'test',
  });
  assert.deepEqual(await logins.for('[::1]:27017', undefined), {
    username: '',
    password: '',
    authMechanism: 'MONGODB-X509',
    authSource: '$external',
  });
  assert.deepEqual(await logins.for('db1:27017', undefined), {
    username: 'all',
    password: 'of all',
    authSource: 'admin',
  });
  assert.equal(readLogins(none, undefined), undefined);
});

test('a password file is read at every asking; the file that the settings name is found', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('secret'), 'one');
  writeFileSync(folder.file('agent.config'), 'mongodbUsername = me\nmongodbPasswordFile = secret\n');
  const path = passwordFileOf(monitoringAgentSettings, { settings: folder.file('agent.config') });
  assert.equal(path, folder.file('secret'));
  const logins = readLogins({ ...none, mongodbUsername: 'me', mongodbPassword: 'one' }, path);
  assert.equal((await logins?.for('a:1', undefined))?.password, 'one');
  writeFileSync(folder.file('secret'), 'two\n');
  assert.equal((await logins?.for('a:1', undefined))?.password, 'two');
  writeFileSync(folder.file('secret'), '\n');
  await assert.rejects(async () => logins?.for('a:1', undefined), /is empty/);
});

test('a command is asked once for many hosts, and its failure is not kept', async () => {
  await using folder = tempDir();
  const counter = folder.file('count');
  const script = folder.file('print.mjs');
  writeFileSync(
    script,
    `import { appendFileSync, existsSync } from 'node:fs';
     appendFileSync(process.argv[2], 'x');
     if (!existsSync(process.argv[2] + '.ready')) process.exit(1);
     console.log('from the vault');`,
  );
  const logins = readLogins(
    { ...none, mongodbUsername: 'me', mongodbPasswordCommand: `${process.execPath} ${script} ${counter}` },
    undefined,
  );
  await assert.rejects(async () => logins?.for('a:1', undefined), /mongodbPasswordCommand: .* ended with 1/);
  writeFileSync(`${counter}.ready`, '');
  const found = await Promise.all(['a:1', 'b:1', 'c:1'].map(async (host) => logins?.for(host, 'rs')));
  assert.deepEqual(
    found.map((one) => one?.password),
    ['from the vault', 'from the vault', 'from the vault'],
  );
  assert.equal(readFileSync(counter, 'utf8'), 'xx');
});

test('what is no login is refused, with the place and without the password', async () => {
  await using folder = tempDir();
  for (const [changes, passwordFile, said] of [
    [{ mongodbUsername: 'me' }, undefined, /mongodbUsername is set, but neither mongodbPassword nor/],
    [{ mongodbPassword: 'geheim' }, undefined, /mongodbUsername is not set/],
    [
      { mongodbUsername: 'me', mongodbPassword: 'geheim', mongodbPasswordCommand: 'x' },
      undefined,
      /exclude each other/,
    ],
    [{ mongodbUsername: 'me', mongodbPasswordCommand: 'x' }, 'f', /exclude each other/],
    [{ mongodbAuthMechanism: 'MONGODB-X509', mongodbPassword: 'geheim' }, undefined, /has no meaning/],
  ] as const) {
    assert.throws(
      () => readLogins({ ...none, ...changes }, passwordFile),
      (thrown: Error) => said.test(thrown.message) && !thrown.message.includes('geheim'),
    );
  }
  for (const [text, said] of [
    ['username = me', /line 1: expected \[host:port\]/],
    ['[a:1]', /line 1: \[a:1\] names no login/],
    ['[rs0]\nusername = me\npasword = geheim', /line 3: there is no pasword; known: username/],
    ['[rs0]\nusername = me\npassword = x\nusername = me', /line 4: username is set twice/],
    [
      '[rs0]\nauthMechanism = MD5\nusername = me\npassword = geheim',
      /line 1, \[rs0\]: authMechanism: allowed are SCRAM/,
    ],
    ['[rs0]\nusername = a\npassword = b\n[rs0]\nusername = a\npassword = b', /line 4: \[rs0\] stands here twice/],
  ] as const) {
    const file = folder.file('logins');
    writeFileSync(file, text);
    assert.throws(
      () => readLoginsFile(file),
      (thrown: Error) => said.test(thrown.message) && !thrown.message.includes('geheim'),
      text,
    );
  }
});
