import assert from 'node:assert/strict';
import { test } from 'node:test';
import { specialPurpose } from '../../../src/model/special-address.ts';
import { fc } from '../../support/properties.ts';

test('every network of IANA that is not the public internet is told, at its first and its last address', () => {
  for (const [address, what] of [
    ['0.0.0.0', 'this network'],
    ['10.0.0.0', 'private'],
    ['10.255.255.255', 'private'],
    ['100.64.0.1', 'shared by carriers (NAT)'],
    ['100.127.255.255', 'shared by carriers (NAT)'],
    ['127.0.0.1', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.170', 'protocol assignments'],
    ['192.0.2.1', 'documentation'],
    ['192.88.99.1', '6to4 relays'],
    ['192.168.255.255', 'private'],
    ['198.19.255.255', 'benchmarking'],
    ['198.51.100.7', 'documentation'],
    ['203.0.113.7', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'reserved'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::ffff:8.8.8.8', 'IPv4-mapped'],
    ['::FFFF:7f00:1', 'IPv4-mapped'],
    ['::7f00:1', 'IPv4-compatible'],
    ['64:ff9b::a00:1', 'NAT64'],
    ['64:ff9b:1:ffff::1', 'NAT64'],
    ['100::1', 'discarded'],
    ['2001:0:4136:e378::1', 'Teredo'],
    ['2001:2:0:1::1', 'benchmarking'],
    ['2001:20::1', 'protocol assignments'],
    ['2001:db8::1', 'documentation'],
    ['2002:7f00:1::1', '6to4'],
    ['3fff:fff::1', 'documentation'],
    ['5f00::1', 'segment routing'],
    ['fc00::1', 'private'],
    ['fd12:3456::1', 'private'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['fec0::1', 'site-local'],
    ['ff02::1', 'multicast'],
    ['4000::1', 'not given out'],
    ['fe80::1%eth0', 'not an IP address'],
    ['2600::1%eth0', 'not an IP address'],
    ['0177.0.0.1', 'not an IP address'],
    ['2130706433', 'not an IP address'],
    ['', 'not an IP address'],
  ] as const) {
    assert.equal(specialPurpose(address), what, address);
  }
});

test('the neighbours of those networks are public', () => {
  for (const address of [
    '1.0.0.0',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '169.253.255.255',
    '172.15.255.255',
    '172.32.0.0',
    '192.0.1.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '223.255.255.255',
    '2000::1',
    '2001:200::1',
    '2001:db9::1',
    '2003::1',
    '2600::1',
    '2a00:1450:4001::1',
  ]) {
    assert.equal(specialPurpose(address), undefined, address);
  }
});

test('an IPv4 address is refused in every IPv6 clothing, whatever it is', () => {
  const byte = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(byte, byte, byte, byte, (a, b, c, d) => {
      const hex = [a * 256 + b, c * 256 + d].map((word) => word.toString(16)).join(':');
      for (const clothed of [
        `::ffff:${hex}`,
        `::ffff:${a}.${b}.${c}.${d}`,
        `::${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::1`,
      ]) {
        assert.notEqual(specialPurpose(clothed), undefined, clothed);
      }
    }),
  );
});
