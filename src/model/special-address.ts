import { BlockList, isIP } from 'node:net';

type Network = readonly [network: string, bits: number, what: string];

/** IANA's "IPv4 Special-Purpose Address Registry", with multicast (RFC 5771). */
const specialV4: readonly Network[] = [
  ['0.0.0.0', 8, 'this network'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'shared by carriers (NAT)'],
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'],
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'protocol assignments'],
  ['192.0.2.0', 24, 'documentation'],
  ['192.31.196.0', 24, 'AS112'],
  ['192.52.193.0', 24, 'AMT'],
  ['192.88.99.0', 24, '6to4 relays'],
  ['192.168.0.0', 16, 'private'],
  ['192.175.48.0', 24, 'AS112'],
  ['198.18.0.0', 15, 'benchmarking'],
  ['198.51.100.0', 24, 'documentation'],
  ['203.0.113.0', 24, 'documentation'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

/**
 * IANA's "IPv6 Special-Purpose Address Registry", with multicast. First what holds an IPv4 address: it would lead to that one, by
 * a translator or a tunnel, past the table above.
 */
const specialV6: readonly Network[] = [
  ['::ffff:0:0', 96, 'IPv4-mapped'],
  ['64:ff9b::', 96, 'NAT64'],
  ['64:ff9b:1::', 48, 'NAT64'],
  ['2002::', 16, '6to4'],
  ['2001::', 32, 'Teredo'],
  ['::', 128, 'unspecified'],
  ['::1', 128, 'loopback'],
  ['::', 96, 'IPv4-compatible'],
  ['100::', 64, 'discarded'],
  ['100:0:0:1::', 64, 'dummy'],
  ['2001:2::', 48, 'benchmarking'],
  ['2001:db8::', 32, 'documentation'],
  ['2001::', 23, 'protocol assignments'],
  ['2620:4f:8000::', 48, 'AS112'],
  ['3fff::', 20, 'documentation'],
  ['5f00::', 16, 'segment routing'],
  ['fc00::', 7, 'private'],
  ['fe80::', 10, 'link-local'],
  ['fec0::', 10, 'site-local'],
  ['ff00::', 8, 'multicast'],
];

const rows4 = specialV4.map((row) => listed(row, 'ipv4'));
const rows6 = specialV6.map((row) => listed(row, 'ipv6'));
/** All that IANA has given out as global unicast. */
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

/**
 * Why an address is not one of the public internet, in a word ("private", "loopback"); undefined: it is. A text that is no
 * IP address, or one with a zone, is never public.
 */
export function specialPurpose(address: string): string | undefined {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0) return 'not an IP address';
  if (family === 4) return rows4.find(({ list }) => list.check(address, 'ipv4'))?.what;
  const special = rows6.find(({ list }) => list.check(address, 'ipv6'))?.what;
  return special ?? (globalUnicast.check(address, 'ipv6') ? undefined : 'not given out');
}

/** Does a host name, or an address (of a URL: IPv6 in brackets), lead to the machine that uses it? By its form alone, without a look-up. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || specialPurpose(name) === 'loopback';
}

function listed([network, bits, what]: Network, family: 'ipv4' | 'ipv6'): { list: BlockList; what: string } {
  const list = new BlockList();
  list.addSubnet(network, bits, family);
  return { list, what };
}
