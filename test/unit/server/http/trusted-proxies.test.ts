import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTrustedProxies } from '../../../../src/server/http/trusted-proxies.ts';

test('only the named proxies are believed, and the peers of a Unix socket', () => {
  const trusted = parseTrustedProxies(['10.0.0.5', '10.1.0.0/16', 'fd00::/8', 'loopback']);
  assert.ok(trusted !== undefined);
  for (const address of ['10.0.0.5', '::ffff:10.0.0.5', '10.1.255.9', 'fd12::1', '127.0.0.1', '::1', undefined]) {
    assert.equal(trusted(address), true, String(address));
  }
  for (const address of ['10.0.0.6', '10.2.0.1', '::ffff:10.2.0.1', 'fe80::1', '192.0.2.1', 'no address']) {
    assert.equal(trusted(address), false, address);
  }
});

test('without a list nobody is believed; what is no address is refused', () => {
  assert.equal(parseTrustedProxies([]), undefined);
  assert.equal(parseTrustedProxies(['false']), undefined);
  for (const entry of ['true', 'proxy.example.net', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '*', '']) {
    assert.throws(() => parseTrustedProxies([entry]), { code: 'SETTINGS_INVALID' }, entry);
  }
});
