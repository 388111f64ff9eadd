import { isLoopback } from '../model/special-address.ts';
import type { GroupStore } from './ports.ts';

/** The address that people and agents use, as the owner set it: links come from nothing else, never from a Host header. */
export interface ServerAddress {
  publicUrl(): string;
  /** True when an owner (or the settings file) said so; else it is the address that the server listens on. */
  isSet(): boolean;
  setPublicUrl(url: string): Promise<void>;
  /** What the settings file says now, after it was read again; undefined = nothing any more. */
  setFixed(url: string | undefined): void;
  /** Called after each change: a certificate of our own must hold the new name. */
  onChange(listener: () => void): void;
  tls(): boolean;
}

interface AddressSettings {
  readonly groups: GroupStore;
  /** From the settings file: wins over what was typed on a page. */
  readonly fixed: string | undefined;
  /** Known only once it listens. */
  readonly listening: () => string;
  readonly tls: boolean;
}

export async function openServerAddress(settings: AddressSettings): Promise<ServerAddress> {
  const { groups, listening, tls } = settings;
  let { fixed } = settings;
  let stored = await groups.serverValue('publicUrl');
  const listeners: (() => void)[] = [];
  return {
    publicUrl: () => fixed ?? stored ?? listening(),
    isSet: () => (fixed ?? stored) !== undefined,
    async setPublicUrl(url) {
      const trimmed = url.replace(/\/+$/, '');
      await groups.setServerValue('publicUrl', trimmed);
      stored = trimmed;
      for (const listener of listeners) listener();
    },
    setFixed(url) {
      if (url === fixed) return;
      fixed = url;
      for (const listener of listeners) listener();
    },
    onChange: (listener) => void listeners.push(listener),
    tls: () => tls,
  };
}

/** What the owner should mend about the address, in plain words. */
export function addressWarnings(address: ServerAddress): string[] {
  const url = URL.parse(address.publicUrl());
  if (url === null) return [];
  const warnings: string[] = [];
  if (isLoopback(url.hostname)) {
    warnings.push(
      `The public address is ${url.origin}, which only this machine can reach: agents elsewhere will not find the server. Set publicUrl under Settings.`,
    );
  } else if (url.protocol === 'http:') {
    warnings.push(`The public address ${url.origin} is not encrypted: keys and passwords cross the network readable.`);
  }
  return warnings;
}
