import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../runtime/errors.ts';
import type { ServiceFileKind, ServiceName } from '../../runtime/service-files.ts';

/** What starts services on a machine; `none`: nothing does, as in most containers. */
export type ServiceSystem = 'systemd' | 'sysv' | 'launchd' | 'none';

const systems: readonly ServiceSystem[] = ['systemd', 'sysv', 'launchd', 'none'];

/** What is there, or what was asked for. `root` is the top of the file system that is installed to. @throws USAGE */
export function serviceSystem(asked: string | undefined, root: string): ServiceSystem {
  if (asked !== undefined) {
    const known = systems.find((system) => system === asked);
    if (known !== undefined) return known;
    throw new AppError('USAGE', `--init ${asked}: there is no such thing`, { hint: `Choose ${systems.join(', ')}.` });
  }
  if (process.platform === 'darwin') return 'launchd';
  const signs = root === '/' ? ['run/systemd/system'] : ['usr/lib/systemd/systemd', 'lib/systemd/systemd'];
  if (signs.some((sign) => existsSync(join(root, sign)))) return 'systemd';
  return existsSync(join(root, 'etc/init.d')) ? 'sysv' : 'none';
}

export interface ServiceFilePlan {
  readonly kind: ServiceFileKind;
  readonly path: string;
  readonly mode: number;
}

/** The files that make it a service. */
export function serviceFilesOf(system: ServiceSystem, service: ServiceName): ServiceFilePlan[] {
  const name = `leafward-${service}`;
  const logrotate = { kind: 'logrotate', path: `/etc/logrotate.d/${name}`, mode: 0o644 } as const;
  switch (system) {
    case 'systemd':
      return [{ kind: 'systemd', path: `/etc/systemd/system/${name}.service`, mode: 0o644 }, logrotate];
    case 'sysv':
      return [{ kind: 'init', path: `/etc/init.d/${name}`, mode: 0o755 }, logrotate];
    case 'launchd':
      return [{ kind: 'launchd', path: `/Library/LaunchDaemons/${name}.plist`, mode: 0o644 }];
    default:
      return [];
  }
}

/** Where systemd looks for what is to start at boot. */
export function bootLink(service: ServiceName): { readonly path: string; readonly target: string } {
  const unit = `leafward-${service}.service`;
  return { path: `/etc/systemd/system/multi-user.target.wants/${unit}`, target: `../${unit}` };
}

/** A command, and one that ends with 0 when there is nothing to do. */
export interface ServiceCommand {
  readonly words: readonly string[];
  readonly unless?: readonly string[];
}

export interface ServiceCommands {
  /** So that it starts at boot. */
  readonly enable: readonly ServiceCommand[];
  readonly start: readonly ServiceCommand[];
  readonly stop: readonly (readonly string[])[];
  /** After its files are gone. */
  readonly forget: readonly (readonly string[])[];
}

export function serviceCommands(system: ServiceSystem, service: ServiceName): ServiceCommands {
  const name = `leafward-${service}`;
  const plist = `/Library/LaunchDaemons/${name}.plist`;
  switch (system) {
    case 'systemd':
      return {
        enable: [
          {
            words: ['sh', '-c', `systemctl daemon-reload && systemctl enable --quiet ${name}`],
            unless: ['systemctl', 'is-enabled', '--quiet', name],
          },
        ],
        start: [{ words: ['systemctl', 'restart', name], unless: ['systemctl', 'is-active', '--quiet', name] }],
        stop: [['systemctl', 'disable', '--quiet', '--now', name]],
        forget: [['systemctl', 'daemon-reload']],
      };
    case 'sysv':
      return {
        enable: [
          {
            words: sysvTool(['update-rc.d', name, 'defaults'], ['chkconfig', '--add', name]),
            unless: ['sh', '-c', `ls /etc/rc?.d/S[0-9]*${name} /etc/rc.d/rc?.d/S[0-9]*${name} 2>/dev/null | grep -q .`],
          },
        ],
        start: [{ words: [`/etc/init.d/${name}`, 'restart'], unless: [`/etc/init.d/${name}`, 'status'] }],
        stop: [[`/etc/init.d/${name}`, 'stop']],
        forget: [sysvTool(['update-rc.d', name, 'remove'], ['chkconfig', '--del', name])],
      };
    case 'launchd':
      return {
        enable: [],
        start: [
          {
            // It knows a service once: what is there already is taken away first.
            words: [
              'sh',
              '-c',
              `launchctl bootout system/${name} 2>/dev/null; launchctl enable system/${name}; launchctl bootstrap system ${plist}`,
            ],
            unless: ['launchctl', 'print', `system/${name}`],
          },
        ],
        stop: [['launchctl', 'bootout', `system/${name}`]],
        forget: [],
      };
    default:
      return { enable: [], start: [], stop: [], forget: [] };
  }
}

/** Debian has the first, Red Hat the second; a machine with neither starts its scripts in a way of its own. */
function sysvTool(debian: readonly string[], redHat: readonly string[]): readonly string[] {
  const line = (words: readonly string[]): string => words.join(' ');
  const script = `if command -v ${debian[0]} >/dev/null; then ${line(debian)}; elif command -v ${redHat[0]} >/dev/null; then ${line(redHat)}; fi`;
  return ['sh', '-c', script];
}
