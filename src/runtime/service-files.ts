import { relative } from 'node:path';
import { asset } from './asset.ts';
import { AppError } from './errors.ts';

/** A command that runs as a service, by its name: its unit, script and folders are named after it. */
export type ServiceName = 'server' | 'monitoring-agent' | 'backup-agent';
export type ServiceFileKind = 'systemd' | 'init' | 'launchd' | 'logrotate';

/** Where a service lives on its machine. All paths are absolute. */
export interface ServicePlace {
  readonly binary: string;
  readonly settings: string;
  /** User, and group of the same name. */
  readonly user: string;
  /** The service's own; for systemd below /var/lib. */
  readonly stateFolder: string;
  /** Shared by the services of a machine; for systemd below /var/log. */
  readonly logFolder: string;
}

interface ServiceWords {
  readonly title: string;
  readonly purpose: string;
  /** The environment variable that names the state folder. */
  readonly stateVariable: string;
  readonly memoryMax: string;
  readonly cpuQuota: string;
}

const words: Readonly<Record<ServiceName, ServiceWords>> = {
  server: {
    title: 'Leafward server',
    purpose: 'Keeps metrics and backups of MongoDB deployments, and shows them.',
    stateVariable: 'LEAFWARD_DATA_DIR',
    memoryMax: '2G',
    cpuQuota: '200%',
  },
  'monitoring-agent': {
    title: 'Leafward monitoring agent',
    purpose: 'Watches MongoDB hosts and reports to a Leafward server.',
    stateVariable: 'LEAFWARD_STATE_DIR',
    memoryMax: '256M',
    cpuQuota: '25%',
  },
  'backup-agent': {
    title: 'Leafward backup agent',
    purpose: 'Backs up MongoDB replica sets to a Leafward server.',
    stateVariable: 'LEAFWARD_STATE_DIR',
    memoryMax: '1G',
    cpuQuota: '100%',
  },
};

const templates: Readonly<Record<ServiceFileKind, string>> = {
  systemd: 'packaging/service/systemd/leafward.service',
  init: 'packaging/service/init/leafward',
  launchd: 'packaging/service/launchd/leafward.plist',
  logrotate: 'packaging/service/logrotate/leafward',
};

/** Title and purpose of a service, for people. */
export function serviceWords(service: ServiceName): { readonly title: string; readonly purpose: string } {
  return words[service];
}

/** Where packages put a service and its files. */
export function usualPlace(service: ServiceName): ServicePlace {
  return {
    binary: '/usr/bin/leafward',
    settings: `/etc/leafward/${service}.config`,
    user: 'leafward',
    stateFolder: `/var/lib/leafward/${service}`,
    logFolder: '/var/log/leafward',
  };
}

/**
 * A service file from its template in packaging/service, for one service in one place.
 * @throws SETTINGS_INVALID for a path or user that these files cannot hold
 */
export async function serviceFile(kind: ServiceFileKind, service: ServiceName, place: ServicePlace): Promise<string> {
  const { title, purpose, stateVariable, memoryMax, cpuQuota } = words[service];
  const values: Readonly<Record<string, string>> = {
    '@SERVICE@': service,
    '@TITLE@': title,
    '@PURPOSE@': purpose,
    '@STATE_VARIABLE@': stateVariable,
    '@MEMORY_MAX@': memoryMax,
    '@CPU_QUOTA@': cpuQuota,
    ...checked({
      '@BINARY@': place.binary,
      '@SETTINGS@': place.settings,
      '@USER@': place.user,
      '@STATE_FOLDER@': place.stateFolder,
      '@LOG_FOLDER@': place.logFolder,
    }),
    ...(kind === 'systemd' && {
      '@STATE_DIRECTORY@': below('/var/lib', place.stateFolder),
      '@LOGS_DIRECTORY@': below('/var/log', place.logFolder),
    }),
  };
  const template = Buffer.from(await asset(templates[kind])).toString();
  return template.replaceAll(/@[A-Z_]+@/g, (placeholder) => {
    const value = values[placeholder];
    if (value === undefined) throw new AppError('INTERNAL', `${templates[kind]}: nothing stands for ${placeholder}`);
    return value;
  });
}

/** Words that mean the same in a unit, in a shell and in XML. */
function checked(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const value of Object.values(values)) {
    if (/^[\w./+:-]+$/.test(value)) continue;
    throw new AppError('SETTINGS_INVALID', `"${value}" cannot stand in a service file`, {
      hint: 'Use a path of letters, digits, dots, dashes and underscores.',
    });
  }
  return values;
}

/** systemd makes these folders itself, and wants their names below its own. */
function below(parent: string, folder: string): string {
  const name = relative(parent, folder);
  if (name !== '' && !name.startsWith('..')) return name;
  throw new AppError('SETTINGS_INVALID', `systemd does not make ${folder}: it is not below ${parent}`);
}
