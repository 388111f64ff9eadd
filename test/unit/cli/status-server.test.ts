import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf, startStatusServer } from '../../../src/cli/status-server.ts';

test('addresses that other machines reach are refused: the status has no password', () => {
  for (const listen of [
    '0.0.0.0:1',
    '192.0.2.1:80',
    '[::]:80',
    'example.net:80',
    ':80',
    '80',
    '127.0.0.1:99999',
    'x.sock',
  ]) {
    assert.throws(() => placeOf(listen), { code: 'SETTINGS_INVALID', message: /^statusListen = / }, listen);
  }
  assert.deepEqual(placeOf('127.0.0.1:27980'), { host: '127.0.0.1', port: 27_980 });
  assert.deepEqual(placeOf('[::1]:27980'), { host: '::1', port: 27_980 });
  assert.equal(placeOf('/run/leafward/x.sock'), '/run/leafward/x.sock');
});

test('a folder that is not there is named with the setting', async () => {
  const never = (): never => assert.fail('nobody asks');
  await assert.rejects(startStatusServer('/nowhere/at/all.sock', never), {
    code: 'SETTINGS_INVALID',
    message: /statusListen.*nowhere/,
  });
});
