import { BlockList, isIP } from 'node:net';
import { AppError } from '../../runtime/errors.ts';

/** Whether what this peer says of the client before it is believed; undefined: it came by a Unix socket. */
export type TrustedProxies = (address: string | undefined) => boolean;

/**
 * Of `trustProxy`: addresses and networks (10.0.0.0/8) of the proxies before this server, and the word `loopback`. Peers of a Unix socket
 * are believed whenever there is such a list. Undefined: nobody is. @throws SETTINGS_INVALID
 */
export function parseTrustedProxies(entries: readonly string[]): TrustedProxies | undefined {
  if (entries.length === 0 || (entries.length === 1 && entries[0] === 'false')) return undefined;
  const list = new BlockList();
  for (const entry of entries) {
    if (entry === 'loopback') {
      list.addSubnet('127.0.0.0', 8, 'ipv4');
      list.addAddress('::1', 'ipv6');
    } else addEntry(list, entry);
  }
  return (address) => {
    if (address === undefined || address === '') return true;
    // IPv4 on a socket that speaks both.
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
    return list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4');
  };
}

function addEntry(list: BlockList, entry: string): void {
  const [address = '', bits, ...rest] = entry.split('/');
  const family = isIP(address);
  const most = family === 6 ? 128 : 32;
  const isNetwork = bits !== undefined;
  if (family === 0 || rest.length > 0 || (isNetwork && !(/^\d{1,3}$/.test(bits) && Number(bits) <= most))) {
    throw new AppError('SETTINGS_INVALID', `trustProxy = ${entry}: expected an address, a network or loopback`, {
      hint: 'Name the proxies that stand before this server: trustProxy = 10.0.0.5, 10.1.0.0/16. Nobody else is believed.',
      details: { key: 'trustProxy' },
    });
  }
  if (isNetwork) list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  else list.addAddress(address, family === 6 ? 'ipv6' : 'ipv4');
}
