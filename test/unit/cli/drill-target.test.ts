import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDrillTarget } from '../../../src/cli/drill-target.ts';

test('of a target the hosts are told, and no part of its credentials', () => {
  for (const [uri, name] of [
    ['mongodb://drill1.example.net:27017/', 'drill1.example.net:27017'],
    ['mongodb://leafward:se%40cret@a:1,b:2/?replicaSet=drill&authSource=admin', 'a:1,b:2'],
    ['mongodb+srv://u:p@drill.example.net/admin', 'drill.example.net'],
    [' mongodb://u:p@[::1]:27017\n', '[::1]:27017'],
    ['mongodb://a:1?tls=true', 'a:1'],
  ] as const) {
    assert.equal(openDrillTarget(uri).name, name);
  }
});

test('a password that is not escaped is refused, and never told', () => {
  for (const uri of [
    'mongodb://leafward:se@cret@a:1/',
    'mongodb://leafward:1234/cret@a:1/',
    'mongodb://leafward:1234?cret@a:1/',
    'http://leafward:1234@a:1/',
    'a:1',
    '',
  ]) {
    assert.throws(
      () => openDrillTarget(uri),
      (thrown: Error & { code?: string }) =>
        thrown.code === 'SETTINGS_INVALID' && !/leafward|se@|cret|1234/.test(thrown.message),
    );
  }
});
