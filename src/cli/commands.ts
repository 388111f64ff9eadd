import type { SettingsTable } from '../runtime/settings.ts';
import { adminActionList, artifactActionList, backupActionList, type CommandActions } from './command-actions.ts';

/** A flag that is no setting: it says what to do, not how the program is set up. */
export interface Flag {
  /** As in the settings: `passwordFile` is typed `--password-file`. */
  readonly name: string;
  /** Word for the value in `--help`; a flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
  /** It may be given again: its value is then a list, also of one. */
  readonly many?: boolean;
}

export type Flags = Readonly<Record<string, unknown>>;
export type RunCommand = (flags: Flags, args: readonly string[]) => Promise<void>;

export interface CommandSpec {
  /** One word, or two: "monitoring-agent status". */
  readonly name: string;
  readonly summary: string;
  /** Arguments besides flags, as `--help` shows them: `<folder>` must be there, `[uri]` may be, `[...words]` takes many. */
  readonly args?: string;
  /** Runs until it is stopped: such a command refuses to run as root. */
  /** Where the first argument says what to do. */
  readonly actions?: CommandActions;
  readonly longRunning: boolean;
  readonly flags: readonly Flag[];
  readonly examples?: readonly string[];
  /** The program's settings table: each setting is a flag too. Loaded only when this command is asked for. */
  readonly settings?: () => Promise<SettingsTable>;
  /** Loads the command and nothing before it. */
  readonly load: () => Promise<RunCommand>;
}

export const settingsFlag: Flag = { name: 'settings', value: 'file', help: 'Settings file' };
export const jsonFlag: Flag = { name: 'json', help: 'Print JSON for scripts' };
/** Commands that do something and end, in the order in which `--help` lists them. */
export const otherCommands: readonly CommandSpec[] = [
  {
    name: 'doctor',
    summary: "Walks an agent's way to the server and to MongoDB and names the fix for each failure",
    longRunning: false,
    flags: [
      settingsFlag,
      { name: 'host', value: 'host:port', help: 'Check this MongoDB host; default: those that the server names' },
      {
        name: 'agent',
        value: 'monitoring|backup',
        help: 'Whose settings these are; default: as the settings file says',
      },
      {
        name: 'printRole',
        value: 'monitoring|backup|restore',
        help: 'Print the script for mongosh that makes the role with the least privileges, and nothing else',
      },
      jsonFlag,
    ],
    examples: [
      'leafward doctor --settings monitoring-agent.config --host db1.example.net:27017',
      'leafward doctor --settings backup-agent.config',
      'leafward doctor --print-role monitoring > role.js && mongosh "mongodb://db1.example.net/" role.js',
    ],
    settings: async () => (await import('./monitoring-agent-settings.ts')).monitoringAgentSettings,
    load: async () => (await import('./doctor-command.ts')).runDoctorCommand,
  },
  {
    name: 'exposure-probe',
    summary: 'Looks from this machine whether MongoDB hosts are open to it: the check for exposed hosts, from outside',
    args: '[...hosts]',
    longRunning: false,
    flags: [
      { name: 'fromServer', help: 'Ask the server for the hosts of the group, and look at those from here' },
      jsonFlag,
    ],
    examples: [
      'leafward exposure-probe db1.example.net db2.example.net:27018',
      'leafward exposure-probe --from-server --server-url https://leafward.example.net:8080 --group-id ID --api-token-file token',
      'Exit status: 0 nobody answers, 1 a port is open, 2 MongoDB lists its databases to anybody, 3 a host could not be looked at',
    ],
    settings: async () => (await import('./api-settings.ts')).apiSettings,
    load: async () => (await import('./exposure-probe-command.ts')).runExposureProbeCommand,
  },
  {
    name: 'import-ftdc',
    summary: "Reads a mongod's diagnostic.data folder, so that the charts begin in the past",
    args: '<folder>',
    longRunning: false,
    flags: [
      settingsFlag,
      { name: 'host', value: 'host:port', help: 'The host in Leafward that the figures belong to' },
      jsonFlag,
    ],
    examples: ['leafward import-ftdc /var/lib/mongodb/diagnostic.data --settings monitoring-agent.config'],
    settings: async () => (await import('./monitoring-agent-settings.ts')).monitoringAgentSettings,
    load: async () => (await import('./import-ftdc-command.ts')).runImportFtdcCommand,
  },
  {
    name: 'backup',
    summary: 'Backups of replica sets: plan, start, status, snapshot, drill, find, history, link, verify, terminate …',
    args: '<...action>',
    actions: backupActionList,
    longRunning: false,
    flags: [
      { name: 'wait', help: 'start, resync: until the set is protected; drill: until it ended' },
      { name: 'timeout', value: 'seconds', help: 'With --wait: how long at most; default a day' },
      { name: 'include', value: 'patterns', help: 'start: only these namespaces: shop.*,crm.orders' },
      { name: 'exclude', value: 'patterns', help: 'start: not these namespaces' },
      { name: 'scanThreads', value: 'number', help: 'start: threads of the initial sync' },
      { name: 'scanBytesPerSecond', value: 'number', help: 'start: how much it reads from the source' },
      { name: 'drillEveryDays', value: 'number', help: 'start: days between two restore drills; 0: none by itself' },
      { name: 'full', help: 'resync: send everything anew, not what differs' },
      { name: 'confirm', value: 'name', help: 'terminate: the name of the replica set' },
      { name: 'at', value: 'time', help: 'find, link: as of 2026-11-21T10:00:00Z, that second included' },
      { name: 'snapshot', value: 'id', help: 'find, link: as of a snapshot' },
      { name: 'optime', value: 'seconds:ordinal', help: 'find, link: as of an optime' },
      { name: 'sort', value: 'json', help: 'find: {"at": -1}' },
      { name: 'projection', value: 'json', help: 'find: {"name": 1}' },
      { name: 'limit', value: 'number', help: 'find, history: at most so many' },
      { name: 'format', value: 'archive|tar', help: 'link: what it streams' },
      { name: 'namespace', value: 'patterns', help: 'link: only these namespaces' },
      { name: 'filter', value: 'json', help: 'link: only documents of --namespace that fit' },
      { name: 'id', value: 'json', help: 'link: only the document with this _id; may be given again', many: true },
      {
        name: 'fromStore',
        value: 'folder',
        help: 'export-recovery-kit, rotate-master-key: the store; default DATA_DIR/backups',
      },
      { name: 'masterKeyFile', value: 'file', help: 'The same: the master key of an encrypted store' },
      { name: 'masterKeyCommand', value: 'command', help: 'The same, printed by a command' },
      { name: 'newMasterKeyFile', value: 'file', help: 'rotate-master-key: the new key; made when it is not there' },
      jsonFlag,
    ],
    examples: [
      'leafward backup start rs0 --wait',
      'leafward backup status --json',
      'leafward backup find rs0 shop.orders \'{"_id": 42}\' --at 2026-11-21T10:00:00Z',
      'leafward backup drill rs0 --wait',
      'leafward backup terminate rs0 --confirm rs0',
      'leafward backup export-recovery-kit kit.json --master-key-file /var/lib/leafward/keys/vault.key',
    ],
    settings: async () => (await import('./api-settings.ts')).apiSettings,
    load: async () => (await import('./backup-command.ts')).runBackupCommand,
  },
  {
    name: 'restore',
    summary: 'Writes a replica set as it was at a moment into another one, and proves it',
    longRunning: false,
    flags: [
      { name: 'replicaSet', value: 'name', help: 'What was backed up: name or id of the replica set' },
      { name: 'at', value: 'time', help: 'Moment: 2026-11-21T10:00:00Z; every write of that second is included' },
      { name: 'snapshot', value: 'id', help: 'Moment: a snapshot' },
      { name: 'optime', value: 'seconds:ordinal', help: 'Moment: an optime' },
      { name: 'fromStore', value: 'folder', help: 'Without the server: its backup store (DATA_DIR/backups) or a copy' },
      { name: 'masterKeyFile', value: 'file', help: 'With --from-store: the master key of an encrypted store' },
      { name: 'masterKeyCommand', value: 'command', help: 'The same, printed by a command' },
      { name: 'to', value: 'uri', help: 'Where to write: mongodb://host:port/' },
      { name: 'toFile', value: 'file', help: 'File that holds the target URI: for one with a password' },
      { name: 'namespace', value: 'patterns', help: 'Only these: shop.*,crm.orders' },
      {
        name: 'filter',
        value: 'json',
        help: 'Only documents of --namespace that fit: \'{"status": "lost"}\', or @file',
      },
      { name: 'id', value: 'json', help: 'Only the document with this _id; may be given again', many: true },
      {
        name: 'existing',
        value: 'refuse|replace|keep',
        help: 'With --filter or --id: what becomes of documents that are there with other content; default refuse',
      },
      { name: 'rename', value: 'from=to', help: 'Write under another name: shop.*=copy.*; several with commas' },
      { name: 'drop', help: 'Replace collections of the target that have the same name' },
      { name: 'usersAndRoles', help: 'Users and roles too; those that the target has besides stay' },
      { name: 'keepTtlOff', help: 'Leave TTL off: nothing expires in the target' },
      { name: 'toSource', help: 'The target may be the replica set that was backed up' },
      { name: 'toOlder', help: 'The target may be older than the source' },
      { name: 'parallel', value: 'number', help: 'Inserts at once; default 4' },
      { name: 'dryRun', help: 'Write nothing: show what would be written, space and time' },
      { name: 'yes', help: 'Begin without a question' },
      jsonFlag,
    ],
    examples: [
      'leafward restore --replica-set rs0 --at 2026-11-21T10:00:00Z --to mongodb://127.0.0.1:27018/ --dry-run',
      'leafward restore --from-store /mnt/old/backups --replica-set rs0 --at 2026-11-21T10:00:00Z --to mongodb://127.0.0.1/',
      'leafward restore --replica-set rs0 --at 2026-11-21T10:00:00Z --namespace shop.orders --filter \'{"status": "lost"}\' --to mongodb://127.0.0.1/ --dry-run',
      'leafward restore --replica-set rs0 --snapshot ID --to-file target.uri --rename "shop.*=check.*" --yes',
    ],
    settings: async () => (await import('./api-settings.ts')).apiSettings,
    load: async () => (await import('./restore-command.ts')).runRestoreCommand,
  },
  {
    name: 'audit',
    summary: 'Who did what in a group: its audit log, newest first',
    longRunning: false,
    flags: [
      { name: 'from', value: 'time', help: 'Not before: 2026-11-21T10:00:00Z' },
      { name: 'to', value: 'time', help: 'Before' },
      { name: 'actor', value: 'name', help: 'Of this actor: an id, or a part of the name' },
      { name: 'action', value: 'action', help: 'An action or its beginning: backup, restoreLink.downloaded' },
      { name: 'text', value: 'text', help: 'With this in action, actor, address, subject or detail' },
      { name: 'limit', value: 'number', help: 'At most so many events; default 100' },
      { ...jsonFlag, help: 'One event as JSON for each line' },
    ],
    examples: [
      'leafward audit --action restoreLink',
      'leafward audit --from 2026-11-21T00:00:00Z --limit 100000 --json',
    ],
    settings: async () => (await import('./api-settings.ts')).apiSettings,
    load: async () => (await import('./audit-command.ts')).runAuditCommand,
  },
  {
    name: 'admin',
    summary: 'Works on a data directory or the server that runs on it: init, setup-link, users and their passwords',
    args: '<...action>',
    actions: adminActionList,
    longRunning: false,
    flags: [
      { name: 'dataDir', value: 'folder', help: "The server's data directory" },
      { name: 'email', value: 'address', help: 'E-mail address of the user' },
      { name: 'passwordFile', value: 'file', help: 'File that holds the password' },
      { name: 'group', value: 'name', help: 'Name of the group, or its id' },
      {
        name: 'role',
        value: 'roles',
        help: 'owner, monitoringAdmin, backupAdmin, dataAccess, readOnly; several with commas',
      },
      jsonFlag,
    ],
    examples: [
      'leafward admin init --data-dir DIR --email me@example.net --password-file F --group "My group" --json',
      'leafward admin setup-link --data-dir DIR',
      'leafward admin user reset-password --data-dir DIR --email me@example.net',
      'leafward admin user sign-in-link --data-dir DIR --email me@example.net',
      'leafward admin user reset-second-factor --data-dir DIR --email me@example.net',
      'leafward admin user grant --data-dir DIR --email me@example.net --group "My group" --role owner',
    ],
    load: async () => (await import('./admin-command.ts')).runAdminCommand,
  },
  {
    name: 'admin verify-audit',
    summary: 'Checks the audit log of a data directory: its chain of hashes; exit status 1 when it is broken',
    longRunning: false,
    flags: [
      { name: 'dataDir', value: 'folder', help: "The server's data directory; a server may run on it" },
      { name: 'head', value: 'number:hash', help: 'A head that was kept elsewhere: it must still be in the log' },
      jsonFlag,
    ],
    examples: ['leafward admin verify-audit --data-dir DIR', 'leafward admin verify-audit --head 1234:HASH --json'],
    load: async () => (await import('./verify-audit-command.ts')).runVerifyAuditCommand,
  },
  {
    name: 'admin artifacts',
    summary: 'Executables of other platforms that a server hands out',
    args: '<...action>',
    actions: artifactActionList,
    longRunning: false,
    flags: [
      settingsFlag,
      { name: 'dataDir', value: 'folder', help: "The server's data directory" },
      { name: 'artifactKeysFile', value: 'file', help: 'add: public keys to trust, as minisign writes them' },
      { name: 'sha256', value: 'hex', help: 'add: trust the file with this SHA-256' },
      jsonFlag,
    ],
    examples: [
      'leafward admin artifacts add leafward-0.1.0-darwin-arm64.artifact --data-dir DIR',
      'leafward admin artifacts list',
    ],
    load: async () => (await import('./artifacts-command.ts')).runArtifactsCommand,
  },
  {
    name: 'licences',
    summary: 'The licences of everything that is inside this program',
    longRunning: false,
    flags: [],
    load: async () => (await import('./licences-command.ts')).runLicencesCommand,
  },
];
