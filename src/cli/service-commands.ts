import { type CommandSpec, type Flag, jsonFlag, settingsFlag } from './commands.ts';

const rootFlag: Flag = { name: 'root', value: 'folder', help: 'Another system than this one, such as an image' };
const dryRunFlag: Flag = { name: 'dryRun', help: 'Change nothing: show what would be done' };
const installFlags: readonly Flag[] = [
  { name: 'settings', value: 'file', help: 'Settings file to install, such as that of a downloaded archive' },
  { name: 'init', value: 'systemd|sysv|launchd|none', help: 'What starts services; default: what this machine has' },
  { name: 'noStart', help: 'Do not start it now' },
  { name: 'replace', help: 'Replace what is there and differs; old settings stay beside the new ones as .old' },
  { name: 'binary', value: 'file', help: 'The executable to install; default: this one' },
  rootFlag,
  dryRunFlag,
];
const uninstallFlags: readonly Flag[] = [
  { name: 'purge', help: 'Also settings, logs, what it keeps, and the user' },
  rootFlag,
  dryRunFlag,
];

/** Server and agents, and what belongs to running them, in the order in which `--help` lists them, before all others. */
export const serviceCommands: readonly CommandSpec[] = [
  {
    name: 'up',
    summary: 'Server, monitoring agent and backup agent on this machine, for good',
    args: '[uri]',
    longRunning: true,
    flags: [settingsFlag],
    examples: ['leafward up mongodb://db1.example.net:27017'],
    settings: async () => (await import('./up-settings.ts')).upSettings,
    load: async () => (await import('./up-command.ts')).runUpCommand,
  },
  {
    name: 'demo',
    summary: 'Server, agents and a small replica set with a workload, to look at',
    longRunning: true,
    flags: [],
    examples: ['leafward demo', 'MONGODB_URI=mongodb://localhost:27017 leafward demo'],
    settings: async () => (await import('./demo-settings.ts')).demoSettings,
    load: async () => (await import('./demo-command.ts')).runDemoCommand,
  },
  {
    name: 'server',
    summary: 'The service: pages, API, stores, alerts',
    longRunning: true,
    flags: [settingsFlag],
    examples: ['leafward server --data-dir /var/lib/leafward/server --listen 127.0.0.1:8080'],
    settings: async () => (await import('./server-settings.ts')).serverSettings,
    load: async () => (await import('./server-command.ts')).runServerCommand,
  },
  {
    name: 'monitoring-agent',
    summary: 'Watches the hosts of a group and reports to the server',
    longRunning: true,
    flags: [settingsFlag],
    examples: ['leafward monitoring-agent --settings /etc/leafward/monitoring-agent.config'],
    settings: async () => (await import('./monitoring-agent-settings.ts')).monitoringAgentSettings,
    load: async () => (await import('./monitoring-agent-command.ts')).runMonitoringAgentCommand,
  },
  {
    name: 'monitoring-agent status',
    summary:
      'How the monitoring agent of this machine is; ends with 1 when it does not run or something keeps it from its work',
    longRunning: false,
    flags: [settingsFlag, jsonFlag],
    examples: ['leafward monitoring-agent status --settings /etc/leafward/monitoring-agent.config --json'],
    settings: async () => ({
      stateDir: (await import('./monitoring-agent-settings.ts')).monitoringAgentSettings.stateDir,
    }),
    load: async () => (await import('./monitoring-agent-command.ts')).showMonitoringAgentStatus,
  },
  {
    name: 'monitoring-agent install',
    summary: 'Makes the monitoring agent a service of this machine: user, folders, settings, and what starts it',
    longRunning: false,
    flags: installFlags,
    examples: [
      'sudo ./leafward monitoring-agent install --settings monitoring-agent.config',
      'sudo ./leafward monitoring-agent install --server-url https://leafward.example.net --group-id ID --api-key-file F',
    ],
    settings: async () => (await import('./monitoring-agent-settings.ts')).monitoringAgentSettings,
    load: async () => {
      const { runInstall } = await import('./install/install-command.ts');
      const table = (await import('./monitoring-agent-settings.ts')).monitoringAgentSettings;
      return (flags) => runInstall('monitoring-agent', table, flags);
    },
  },
  {
    name: 'monitoring-agent uninstall',
    summary: 'Takes away what install put there; settings and data stay without --purge',
    longRunning: false,
    flags: uninstallFlags,
    examples: ['sudo leafward monitoring-agent uninstall --purge'],
    load: async () => {
      const { runUninstall } = await import('./install/install-command.ts');
      return (flags) => runUninstall('monitoring-agent', flags);
    },
  },
  {
    name: 'backup-agent',
    summary: 'Copies replica sets once and follows their oplogs for the backups of the server',
    longRunning: true,
    flags: [settingsFlag],
    examples: ['leafward backup-agent --settings /etc/leafward/backup-agent.config'],
    settings: async () => (await import('./backup-agent-settings.ts')).backupAgentSettings,
    load: async () => (await import('./backup-agent-command.ts')).runBackupAgentCommand,
  },
  {
    name: 'backup-agent status',
    summary:
      'How the backup agent of this machine is; ends with 1 when it does not run or something keeps it from its work',
    longRunning: false,
    flags: [settingsFlag, jsonFlag],
    examples: ['leafward backup-agent status --settings /etc/leafward/backup-agent.config --json'],
    settings: async () => ({ stateDir: (await import('./backup-agent-settings.ts')).backupAgentSettings.stateDir }),
    load: async () => (await import('./backup-agent-command.ts')).showBackupAgentStatus,
  },
  {
    name: 'backup-agent install',
    summary: 'Makes the backup agent a service of this machine: user, folders, settings, and what starts it',
    longRunning: false,
    flags: installFlags,
    examples: [
      'sudo ./leafward backup-agent install --settings backup-agent.config',
      'sudo ./leafward backup-agent install --server-url https://leafward.example.net --group-id ID --api-key-file F',
    ],
    settings: async () => (await import('./backup-agent-settings.ts')).backupAgentSettings,
    load: async () => {
      const { runInstall } = await import('./install/install-command.ts');
      const table = (await import('./backup-agent-settings.ts')).backupAgentSettings;
      return (flags) => runInstall('backup-agent', table, flags);
    },
  },
  {
    name: 'backup-agent uninstall',
    summary: 'Takes away what install put there; settings and data stay without --purge',
    longRunning: false,
    flags: uninstallFlags,
    examples: ['sudo leafward backup-agent uninstall --purge'],
    load: async () => {
      const { runUninstall } = await import('./install/install-command.ts');
      return (flags) => runUninstall('backup-agent', flags);
    },
  },
];
