import { BlockList, isIP } from 'node:net';
import { AppError } from '../../runtime/errors.ts';
import type { OutboundSettings } from '../api/instance.ts';
import { addressKind, embedded4 } from './address-kind.ts';

/** Which addresses calls to the outside may connect to. */
export interface OutboundRules {
  /** Why this address, to which this name led, may not be connected to; undefined: it may. */
  refusal(host: string, address: string): string | undefined;
}

/** Made of the instance's settings. @throws INPUT_INVALID for a line that is neither network, address nor name. */
export function outboundRules({ allowPrivate, allow }: OutboundSettings): OutboundRules {
  const networks = new BlockList();
  const names = new Set<string>();
  const suffixes: string[] = [];
  for (const line of allow) {
    if (addNetwork(networks, line)) continue;
    const name = plainHost(line);
    if (!/^(?:\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?$/.test(name)) throw notAllowable(line);
    if (name.startsWith('*.')) suffixes.push(name.slice(1));
    else names.add(name);
  }
  const isListed = (address: string): boolean => networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return {
    refusal(host, address) {
      const { kind, word } = addressKind(address);
      if (kind === 'public' || (kind === 'private' && allowPrivate)) return undefined;
      const name = plainHost(host);
      if (names.has(name) || suffixes.some((suffix) => name.endsWith(suffix))) return undefined;
      const [bare = ''] = address.split('%');
      const inner = embedded4(bare);
      if (isIP(bare) !== 0 && (isListed(bare) || (inner !== undefined && isListed(inner)))) return undefined;
      // Not the address: whoever typed the name learns nothing of the names inside of this network.
      return name === address ? `${address} is ${word}` : `${name} leads to an address that is ${word}`;
    },
  };
}

/** Lower case, without brackets and the dot of the root. */
export function plainHost(host: string): string {
  const name = host.trim().toLowerCase();
  return name.startsWith('[') && name.endsWith(']') ? name.slice(1, -1) : name.replace(/\.$/, '');
}

function addNetwork(networks: BlockList, line: string): boolean {
  const [address = '', bits] = line.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0) {
    if (bits !== undefined) throw notAllowable(line);
    return false;
  }
  const longest = family === 'ipv6' ? 128 : 32;
  const prefix = bits === undefined ? longest : Number(bits);
  if (!/^\d{1,3}$/.test(bits ?? '0') || prefix > longest) throw notAllowable(line);
  networks.addSubnet(address, prefix, family);
  return true;
}

function notAllowable(line: string): AppError {
  return new AppError('INPUT_INVALID', `"${line.slice(0, 100)}" is neither a network, an address nor a host name`, {
    hint: 'Name a network (10.1.0.0/16), an address, a host name, or *.corp.example.net for all names below one.',
    details: { field: 'allow' },
  });
}
