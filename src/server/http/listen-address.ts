import { hostname, networkInterfaces } from 'node:os';
import { AppError } from '../../runtime/errors.ts';
import { isLoopback } from '../server-address.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `HOST:PORT`, IPv6 in brackets. @throws SETTINGS_INVALID */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new AppError(
      'SETTINGS_INVALID',
      `listen = ${text}: expected HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080`,
      {
        details: { key: 'listen' },
      },
    );
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** @throws INSECURE_LISTEN */
export function checkListenIsSafe(
  { host, port }: ListenAddress,
  settings: { readonly tls: boolean; readonly trustProxy: boolean; readonly insecureHttp: boolean },
): void {
  if (isLoopback(host) || settings.tls || settings.trustProxy || settings.insecureHttp) return;
  throw new AppError(
    'INSECURE_LISTEN',
    `listening on ${host}:${port} without TLS would send passwords and keys readable`,
  );
}

/** Names and addresses that a certificate of this server should hold. */
export function ownNames(listen: ListenAddress, publicUrl: string | undefined): string[] {
  const names = new Set(['localhost', '127.0.0.1', '::1', hostname().toLowerCase()]);
  const everywhere = listen.host === '0.0.0.0' || listen.host === '::';
  if (!everywhere) names.add(listen.host.toLowerCase());
  else
    for (const list of Object.values(networkInterfaces()))
      for (const { address, internal } of list ?? []) {
        if (!internal && !address.startsWith('fe80')) names.add(address);
      }
  const publicHost = publicUrl === undefined ? undefined : URL.parse(publicUrl)?.hostname;
  if (publicHost !== undefined) names.add(publicHost.replace(/^\[|\]$/g, ''));
  return [...names].slice(0, 50);
}

/** The address that a browser on this machine can use. */
export function urlOf({ host, port }: ListenAddress, tls: boolean): string {
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `${tls ? 'https' : 'http'}://${name}:${port}`;
}
