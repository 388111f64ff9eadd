import { BlockList, isIP } from 'node:net';
import { AppError } from '../../runtime/errors.ts';

/**
 * Whether an address is one of a list of addresses and networks (`192.0.2.7`, `2001:db8::/32`). IPv4 inside of IPv6
 * (`::ffff:192.0.2.7`, from a socket that speaks both) counts as IPv4.
 */
export function isInAddresses(entries: readonly string[], address: string): boolean {
  const plain = plainAddress(address);
  const family = isIP(plain);
  return family !== 0 && blockList(entries).check(plain, family === 6 ? 'ipv6' : 'ipv4');
}

/** @throws INPUT_INVALID with the entry that is none */
export function checkAddresses(entries: readonly string[]): void {
  blockList(entries);
}

function blockList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [written = '', bits, ...rest] = entry.split('/');
    const address = plainAddress(written);
    const family = isIP(address);
    const most = family === 6 ? 128 : 32;
    const isWrong = family === 0 || rest.length > 0 || (bits !== undefined && !isWidth(bits, most));
    if (isWrong) {
      throw new AppError('INPUT_INVALID', `addresses: "${entry}" is neither an address nor a network`, {
        hint: 'Write it like 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32.',
        details: { field: 'addresses' },
      });
    }
    list.addSubnet(address, bits === undefined ? most : Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

function isWidth(bits: string, most: number): boolean {
  return /^\d{1,3}$/.test(bits) && Number(bits) <= most;
}

function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
