import type { ServiceName } from '../../src/runtime/service-files.ts';
import type { SettingsTable } from '../../src/runtime/settings.ts';

/** A package that runs a service. */
export interface ServicePackage {
  readonly service: ServiceName;
  readonly summary: string;
  readonly description: string;
  readonly settings: () => Promise<SettingsTable>;
  /** Printed after the first installation: it does not run yet. */
  readonly next: string;
  /** Shell of the purge: what becomes of its state. */
  readonly purge: string;
}

export const program = {
  name: 'leafward',
  summary: 'watches and backs up MongoDB on your own machines',
  description: [
    'The one executable of Leafward: server with pages, monitoring agent, backup',
    'agent, restore and doctor. What runs as a service comes with the packages',
    'leafward-server, leafward-monitoring-agent and leafward-backup-agent.',
  ].join('\n'),
} as const;

export const artifacts = {
  name: 'leafward-artifacts',
  summary: 'programs of Leafward for other platforms, for its server to hand out',
  description: [
    'With them the page Settings > Download gives archives of the agents for',
    'Linux, macOS and Windows, each preconfigured for its group.',
  ].join('\n'),
} as const;

export const servicePackages: readonly ServicePackage[] = [
  {
    service: 'monitoring-agent',
    summary: 'watches MongoDB hosts and reports to a Leafward server',
    description: [
      'Finds every member of a deployment and asks each for its figures every ten',
      'seconds. It connects outwards only and never writes to a deployment.',
    ].join('\n'),
    settings: async () => (await import('../../src/cli/monitoring-agent-settings.ts')).monitoringAgentSettings,
    next: agentNext('monitoring-agent'),
    purge: 'rm -rf /var/lib/leafward/monitoring-agent',
  },
  {
    service: 'backup-agent',
    summary: 'backs up MongoDB replica sets to a Leafward server',
    description: [
      'Copies replica sets once and follows their oplogs from then on, so that any',
      'second comes back. It connects outwards only and only reads.',
    ].join('\n'),
    settings: async () => (await import('../../src/cli/backup-agent-settings.ts')).backupAgentSettings,
    next: agentNext('backup-agent'),
    purge: 'rm -rf /var/lib/leafward/backup-agent',
  },
  {
    service: 'server',
    summary: 'keeps metrics and backups of MongoDB, and shows them',
    description: [
      'The service of Leafward: pages, API, alerts, metrics of years and backups,',
      'in one process on one data directory.',
    ].join('\n'),
    settings: async () => (await import('../../src/cli/server-settings.ts')).serverSettings,
    next: [
      'leafward-server is installed and does not run yet.',
      '  1. Look through /etc/leafward/server.config: its address (listen), TLS, and where the data lies.',
      ...startLines('server'),
      '  3. sudo -u leafward leafward admin setup-link --data-dir /var/lib/leafward/server',
      '     prints a link under which the first account is made.',
    ].join('\n'),
    // Backups are what is needed when everything else is gone: nobody loses them by one word too many.
    purge: [
      'if [ -d /var/lib/leafward/server ] && ! rmdir /var/lib/leafward/server 2>/dev/null; then',
      '    echo "The data of leafward-server, with all backups, stays in /var/lib/leafward/server; rm -r takes it away." >&2',
      '  fi',
    ].join('\n'),
  },
];

function agentNext(service: ServiceName): string {
  return [
    `leafward-${service} is installed and does not run yet: it needs a server, a group and a key.`,
    '  1. Settings > Download on the page of your Leafward server gives the command that puts them into',
    `     /etc/leafward/${service}.d/group.config; or fill them in in /etc/leafward/${service}.config.`,
    ...startLines(service),
    `  leafward doctor --settings /etc/leafward/${service}.config  says what is in the way.`,
  ].join('\n');
}

function startLines(service: ServiceName): string[] {
  return [
    `  2. sudo systemctl enable --now leafward-${service}`,
    `     (without systemd: sudo update-rc.d leafward-${service} enable && sudo service leafward-${service} start)`,
  ];
}
