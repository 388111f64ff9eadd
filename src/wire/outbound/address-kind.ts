import { BlockList, isIP } from 'node:net';
import { specialPurpose } from '../../model/special-address.ts';

/**
 * What may be done with an address: `public`: anybody may name it; `private`: an administrator may allow all of them at
 * once; `special` (metadata services, multicast, unspecified, documentation, tunnels): only its own line in the list does.
 */
export interface AddressKind {
  readonly kind: 'public' | 'private' | 'special';
  /** In a word: "loopback"; for public ones too. */
  readonly word: string;
}

const privateWords: ReadonlySet<string> = new Set(['private', 'shared by carriers (NAT)', 'loopback', 'link-local']);

/** Where clouds hand out credentials to whoever asks from the machine: AWS (with ECS and EKS), Google, Azure, Alibaba, Oracle. */
const metadata = new BlockList();
for (const address of [
  '169.254.169.254',
  '169.254.170.2',
  '169.254.170.23',
  '168.63.129.16',
  '100.100.100.200',
  '192.0.0.192',
]) {
  metadata.addAddress(address, 'ipv4');
}
metadata.addSubnet('fd00:ec2::', 32, 'ipv6');
metadata.addAddress('fd20:ce::254', 'ipv6');

const carriers4 = new BlockList();
carriers4.addSubnet('::ffff:0:0', 96, 'ipv6');
carriers4.addSubnet('64:ff9b::', 96, 'ipv6');

/** `address` as node's resolver gives it. An IPv6 form that carries an IPv4 address (mapped, NAT64) is judged by that one. */
export function addressKind(address: string): AddressKind {
  const [bare = ''] = address.split('%');
  const inner = embedded4(bare);
  if (inner !== undefined) return addressKind(inner);
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(bare) !== 0 && metadata.check(bare, family)) return { kind: 'special', word: 'a metadata service' };
  const word = specialPurpose(bare);
  if (word === undefined) return { kind: 'public', word: 'public' };
  return { kind: privateWords.has(word) ? 'private' : 'special', word };
}

/** The IPv4 address in `::ffff:a.b.c.d` or `64:ff9b::a.b.c.d`; undefined for other addresses. */
export function embedded4(address: string): string | undefined {
  if (isIP(address) !== 6 || !carriers4.check(address, 'ipv6')) return undefined;
  // The URL parser writes every form in one way: hexadecimal groups.
  const host = URL.parse(`http://[${address}]`)?.hostname ?? '';
  const groups = host.slice(1, -1).split(':').slice(-2);
  const [high = 0, low = 0] = groups.map((group) => (group === '' ? 0 : Number.parseInt(group, 16)));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}
