import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runApp, startApp } from '../support/app.ts';
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

  write('publicUrl = http://two.example.net:8080', 'logLevel = debug', 'logFormat = json');
  server.signal('SIGHUP');
  await server.line(/settings, certificate and log were read again needRestart=.*logFormat/);
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
