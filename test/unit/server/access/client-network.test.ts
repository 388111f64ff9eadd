import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNetwork } from '../../../../src/server/access/client-network.ts';
import { fc } from '../../../support/properties.ts';

test('an IPv4 address is itself, an IPv6 address is its /64, in every spelling', () => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0001:0002::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['', ''],
  ] as const) {
    assert.equal(clientNetwork(address), network, address);
  }
});

test('addresses of one /64 are one client, those of two are two', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.ipV6(), (a, b) => {
      const bits = (address: string): string => new URL(`http://[${address}]`).hostname;
      if (bits(a) === bits(b)) assert.equal(clientNetwork(a), clientNetwork(b));
      assert.match(clientNetwork(a), /^[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){3}::\/64$|^\d+\.\d+\.\d+\.\d+$/);
    }),
  );
});
