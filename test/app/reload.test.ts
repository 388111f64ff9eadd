import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { tempDir } from '../support/temp-dir.ts';

test('SIGHUP takes over what can change, names what cannot, and a mistake changes nothing', async () => {
  await using folder = tempDir();
  const file = folder.file('server.config');
  const write = (...lines: string[]) =>
    writeFileSync(file, [`dataDir = ${folder.file('data')}`, 'listen = 127.0.0.1:0', ...lines, ''].join('\n'));
  write('publicUrl = http://one.example.net:8080');
  await using server = startApp(['server', '--settings', file]);
  const url = (await server.line(/ready url=(\S+)/))[1] ?? '';
  await fetch(`${url}/health/live`);

  write('publicUrl = http://two.example.net:8080', 'logLevel = debug', 'trustProxy = true');
  server.signal('SIGHUP');
  await server.line(
    /settings, certificate and log were read again changed="logLevel, publicUrl, trustProxy" needRestart=trustProxy/,
  );
  await fetch(`${url}/health/live`);
  await server.line(/DEBUG request .*health\/live/);
  const link = await runApp(['admin', 'setup-link', '--data-dir', folder.file('data')]);
  assert.match(link.stdout + link.stderr, /http:\/\/two\.example\.net:8080\/setup\//);

  write('publicUrl = http://three.example.net:8080', 'logLevle = info');
  server.signal('SIGHUP');
  await server.line(/what could not be read again stays as it was .*did you mean logLevel/);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);

  const requests = server.stdout().match(/DEBUG request/g)?.length ?? 0;
  assert.ok(requests >= 1 && requests <= 2, 'requests before the change are not logged');
  assert.equal(await server.stop(), 0);
});

test('an agent says what has changed by name alone, goes on with what it had when the file is wrong, and logs where the file says', async () => {
  await using folder = tempDir();
  const file = folder.file('agent.config');
  const [first, second] = [folder.file('first.log'), folder.file('second.log')];
  const write = (...lines: string[]) =>
    writeFileSync(
      file,
      ['serverUrl = http://127.0.0.1:9', 'groupId = g_1', `stateDir = ${folder.file('state')}`, ...lines, ''].join(
        '\n',
      ),
    );
  const logged = (path: string, pattern: RegExp) =>
    eventually(() => existsSync(path) && pattern.exec(readFileSync(path, 'utf8')) !== null, {
      what: `${pattern} in ${path}`,
    });
  write('apiKey = lfw_one_secretsecretsecret', `logFile = ${first}`);
  await using agent = startApp(['monitoring-agent', '--settings', file]);
  await logged(first, /monitoring agent runs/);

  agent.signal('SIGHUP');
  await logged(first, /settings were read again, nothing has changed/);

  write('apiKey = lfw_two_secretsecretsecret', `logFile = ${second}`, 'logFormat = json');
  agent.signal('SIGHUP');
  await logged(second, /"message":"settings were read again","changed":"apiKey, logFile, logFormat"/);

  write('apiKey = lfw_three_secretsecretsecret', `logFile = ${folder.file('missing/folder.log')}`);
  agent.signal('SIGHUP');
  await logged(second, /the log cannot be opened again, it goes on where it was/);
  await logged(second, /"changed":"apiKey, logFile, logFormat"/);

  write('apiKey = lfw_four_secretsecretsecret', 'maxOutboxBytes = much');
  agent.signal('SIGHUP');
  await logged(second, /the settings are not valid, the old ones stay.*maxOutboxBytes = much/);
  assert.equal(await agent.stop(), 0);
  const all = readFileSync(first, 'utf8') + readFileSync(second, 'utf8') + agent.stdout() + agent.stderr();
  assert.doesNotMatch(all, /secretsecret/);
});
