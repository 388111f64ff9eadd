interface Privilege {
  /** What it is for, in the words of the documentation. */
  readonly why: string;
  readonly resource: Readonly<Record<string, string | boolean>>;
  readonly actions: readonly string[];
  /** Refused by 4.4, which knows no time-series collections. */
  readonly fromVersion5?: true;
}

/** A role with what a part of Leafward asks of MongoDB, and no more: docs/install/privileges.md and backup-privileges.md show the same. */
export interface LeastRole {
  readonly role: string;
  /** Name of the user that the script makes. */
  readonly user: string;
  readonly privileges: readonly Privilege[];
  /** Built-in roles that it takes in. */
  readonly roles: readonly string[];
}

export type RoleKind = 'monitoring' | 'backup' | 'restore';

const everything = { db: '', collection: '' };
const readCollection = ['find', 'listIndexes', 'collStats'];

export const leastRoles: Readonly<Record<RoleKind, LeastRole>> = {
  monitoring: {
    role: 'leafwardMonitoring',
    user: 'leafward',
    roles: [],
    privileges: [
      {
        why: 'figures, members of the set, names of databases; command line, startup warnings and machine on the Info tab',
        resource: { cluster: true },
        actions: [
          'serverStatus',
          'replSetGetStatus',
          'replSetGetConfig',
          'listDatabases',
          'getCmdLineOpts',
          'getLog',
          'hostInfo',
        ],
      },
      {
        why: 'sizes of databases and collections, use of indexes; no documents',
        resource: everything,
        actions: ['dbStats', 'listCollections', 'collStats', 'indexStats'],
      },
      {
        why: 'figures of time-series collections (leave this line out on 4.4)',
        resource: { db: '', system_buckets: '' },
        actions: ['collStats', 'indexStats'],
        fromVersion5: true,
      },
      {
        why: 'size and ends of the oplog',
        resource: { db: 'local', collection: 'oplog.rs' },
        actions: ['find', 'collStats'],
      },
      { why: 'shards and routers, on config servers', resource: { db: 'config', collection: '' }, actions: ['find'] },
      {
        why: 'the name of a shard, on shards',
        resource: { db: 'admin', collection: 'system.version' },
        actions: ['find'],
      },
    ],
  },
  backup: {
    role: 'leafwardBackup',
    user: 'leafward-backup',
    roles: [],
    privileges: [
      {
        why: 'members, their places in the oplog; collections by UUID, so that a rename during the scan is no trouble',
        resource: { cluster: true },
        actions: ['useUUID', 'replSetGetStatus', 'replSetGetConfig', 'listDatabases'],
      },
      {
        why: 'the scan: documents, options, indexes, sizes, and cutting large collections into parts',
        resource: everything,
        actions: ['find', 'listCollections', 'listIndexes', 'collStats', 'splitVector'],
      },
      { why: '', resource: { db: '', collection: 'system.js' }, actions: readCollection },
      { why: '', resource: { db: '', collection: 'system.views' }, actions: readCollection },
      {
        why: '',
        resource: { db: 'config', collection: '' },
        actions: ['find', 'listCollections', 'listIndexes', 'collStats'],
      },
      {
        why: 'time-series collections (leave this line out on 4.4)',
        resource: { db: '', system_buckets: '' },
        actions: readCollection,
        fromVersion5: true,
      },
      { why: 'users and roles', resource: { db: 'admin', collection: 'system.users' }, actions: readCollection },
      { why: '', resource: { db: 'admin', collection: 'system.roles' }, actions: readCollection },
      { why: '', resource: { db: 'admin', collection: 'system.version' }, actions: readCollection },
      { why: 'the oplog', resource: { db: 'local', collection: 'oplog.rs' }, actions: ['find', 'collStats'] },
    ],
  },
  restore: {
    role: 'leafwardRestore',
    user: 'leafward-restore',
    roles: ['restore'],
    privileges: [
      {
        why: 'is the target the source, is it empty, how much room has it; dropping what a drill left',
        resource: { cluster: true },
        actions: ['replSetGetStatus', 'replSetGetConfig', 'listDatabases'],
      },
      {
        why: 'writing, and reading back to prove it',
        resource: everything,
        actions: [
          'find',
          'listCollections',
          'listIndexes',
          'collStats',
          'dbStats',
          'insert',
          'update',
          'remove',
          'dropDatabase',
        ],
      },
      {
        why: 'time-series collections (leave this line out on 4.4)',
        resource: { db: '', system_buckets: '' },
        actions: ['find', 'listIndexes', 'collStats', 'insert', 'remove'],
        fromVersion5: true,
      },
    ],
  },
};

/** `db.createRole(…)` with its comments, to be read by people and pasted into mongosh after `use admin`. */
export function roleSnippet(kind: RoleKind): string {
  const { role, privileges, roles } = leastRoles[kind];
  const lines = privileges.flatMap((privilege, index) => [
    ...(privilege.why === '' ? [] : [`    // ${privilege.why}`]),
    `    ${privilegeText(privilege)}${index === privileges.length - 1 ? '' : ','}`,
  ]);
  return [
    'db.createRole({',
    `  role: ${JSON.stringify(role)},`,
    '  privileges: [',
    ...lines,
    '  ],',
    `  roles: ${JSON.stringify(roles)}`,
    '})',
  ].join('\n');
}

/** A whole script for mongosh or the older mongo shell: it makes the role, or brings it up to date, and says how to make the user. */
export function roleScript(kind: RoleKind): string {
  const { role, user, privileges, roles } = leastRoles[kind];
  const lines = (some: readonly Privilege[]): string[] =>
    some.flatMap((privilege) => [
      ...(privilege.why === '' ? [] : [`  // ${privilege.why.replace(' (leave this line out on 4.4)', '')}`]),
      `  ${privilegeText(privilege)},`,
    ]);
  return [
    `// The role ${role} of Leafward: what ${kind === 'restore' ? 'restores write' : `the ${kind} agent asks`}, and no more.`,
    '// On the primary of each replica set, as a user who may make roles:',
    `//   leafward doctor --print-role ${kind} > role.js && mongosh "mongodb://…" role.js`,
    '// It may be run again: the role is then brought up to date.',
    'var privileges = [',
    ...lines(privileges.filter(({ fromVersion5 }) => fromVersion5 !== true)),
    '];',
    'if (parseInt(db.version(), 10) >= 5) privileges.push(',
    ...lines(privileges.filter(({ fromVersion5 }) => fromVersion5 === true)).map((line) => line.replace(/,$/, '')),
    ');',
    'var admin = db.getSiblingDB("admin");',
    `var made = admin.getRole(${JSON.stringify(role)}) === null ? "createRole" : "updateRole";`,
    `var command = { privileges: privileges, roles: ${JSON.stringify(roles)} };`,
    `var answer = admin.runCommand(Object.assign({ [made]: ${JSON.stringify(role)} }, command));`,
    'if (answer.ok !== 1) throw new Error(answer.errmsg);',
    `print("The role ${role} is there. A user with it, if there is none yet:");`,
    `print('  use admin');`,
    `print('  db.createUser({ user: "${user}", pwd: passwordPrompt(), roles: ["${role}"] })');`,
  ].join('\n');
}

function privilegeText({ resource, actions }: Privilege): string {
  const of = Object.entries(resource).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `{ resource: { ${of.join(', ')} }, actions: [${actions.map((action) => JSON.stringify(action)).join(', ')}] }`;
}
