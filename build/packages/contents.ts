import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { serviceFile, usualPlace } from '../../src/runtime/service-files.ts';
import { root } from '../paths.ts';
import { type PackageKind } from './package-facts.ts';
import type { ServicePackage } from './package-list.ts';

/** A file or folder of a package. */
export interface PackageEntry {
  readonly path: string;
  /** Text, or the path of a file that is there already; a folder has neither. */
  readonly text?: string | Uint8Array;
  readonly file?: string;
  readonly mode: number;
  readonly owner?: string;
  readonly group?: string;
  /** Kept by the package manager when it was changed. */
  readonly config?: boolean;
  /** rpm leaves it out with --nodocs. */
  readonly doc?: boolean;
}

const folders: Readonly<Record<'init', Readonly<Record<PackageKind, string>>>> = {
  init: { deb: '/etc/init.d', rpm: '/etc/rc.d/init.d' },
};

/** What a service's package holds besides its documents: unit, script, log rotation and settings. */
export async function serviceEntries(kind: PackageKind, { service }: ServicePackage): Promise<PackageEntry[]> {
  const name = `leafward-${service}`;
  const place = usualPlace(service);
  const entries: PackageEntry[] = [
    {
      path: `/usr/lib/systemd/system/${name}.service`,
      text: await serviceFile('systemd', service, place),
      mode: 0o644,
    },
    {
      path: `${folders.init[kind]}/${name}`,
      text: await serviceFile('init', service, place),
      mode: 0o755,
      // In deb whatever lies below /etc may be changed by who runs the machine.
      config: kind === 'deb',
    },
    {
      path: `/etc/logrotate.d/${name}`,
      text: await serviceFile('logrotate', service, place),
      mode: 0o644,
      config: true,
    },
  ];
  const settings = readFileSync(join(root, 'packaging', 'settings', `${service}.config`));
  // In deb the script of the package puts it in its place, once: see scripts/deb-postinst.
  if (kind === 'deb')
    return [...entries, { path: `/usr/share/leafward/${service}.config`, text: settings, mode: 0o644 }];
  const ours = { owner: 'leafward', group: 'leafward', mode: 0o750 };
  return [
    ...entries,
    { path: place.settings, text: settings, mode: 0o640, group: 'leafward', config: true },
    { path: '/etc/leafward', mode: 0o750, group: 'leafward' },
    { path: `/etc/leafward/${service}.d`, mode: 0o2750, group: 'leafward' },
    // Root's, so that nobody else can put a link in the place of what root changes the owner of.
    { path: '/var/lib/leafward', mode: 0o750, group: 'leafward' },
    { path: place.stateFolder, ...ours },
    { path: place.logFolder, ...ours },
  ];
}
