import type { AgentKey, SessionAnswer } from '../../src/wire/api/access.ts';
import type { Event } from '../../src/wire/api/alerts.ts';
import type {
  Agent,
  DoctorRun,
  Host,
  TopologyAnswer,
  TopologyMember,
  TopologySet,
} from '../../src/wire/api/deployment.ts';
import type { Download, DownloadChoices } from '../../src/wire/api/downloads.ts';
import type { Group } from '../../src/wire/api/groups.ts';
import type { StorageUse } from '../../src/wire/api/metrics.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

export const session: SessionAnswer = {
  user: { id: 'u1', email: 'kim@example.net', name: 'Kim Berg', administrator: true, recoveryCodesLeft: 8 },
  groups: [
    {
      id: 'g1',
      name: 'Production',
      roles: ['owner'],
      permissions: ['group.read', 'monitoring.write', 'backup.write', 'data.read', 'group.own'],
      secondFactorMissing: false,
    },
    {
      id: 'g2',
      name: 'A group with quite a long name that has to be cut somewhere',
      roles: ['readOnly'],
      permissions: ['group.read'],
      secondFactorMissing: false,
    },
  ],
  secondFactorMissing: false,
  csrf: 'csrf-of-the-fixture',
  serverVersion: '0.1.0',
  warnings: [],
};

export const group: Group = {
  id: 'g1',
  name: 'Production',
  roles: ['owner'],
  permissions: ['group.read', 'monitoring.write', 'backup.write', 'data.read', 'group.own'],
  intervalMs: 10_000,
  collectDatabases: true,
  collectCollections: false,
  retention: { rawMs: 2 * day, minuteMs: 14 * day, hourMs: 396 * day, dayMs: 1827 * day },
  diskBudgetBytes: 20 * 2 ** 30,
  secondFactorRequired: false,
};

/** An even wave with a little noise that depends on `seed` alone. */
function wave(seed: number, base: number): (number | null)[] {
  return Array.from(
    { length: 60 },
    (_, at) => base * (1 + 0.1 * Math.sin(at / 7 + seed) + 0.06 * Math.sin(at * 2.7 + seed * 5)),
  );
}

function member(at: number, host: string, role: string, more: Partial<TopologyMember> = {}): TopologyMember {
  const operations = role === 'primary' ? 6920 : role === 'arbiter' ? null : 820 + at * 13;
  return {
    hostId: `h${at}`,
    host,
    memberId: at,
    role,
    status: { health: 'ok', word: 'healthy' },
    lagMs: role === 'primary' ? 0 : role === 'secondary' || role === 'hidden' ? 400 + at * 100 : null,
    delaySeconds: 0,
    priority: 1,
    hidden: role === 'hidden',
    version: '6.0.19',
    startedAtMs: Date.now() - 41 * day,
    operationsPerSecond: operations,
    connections: role === 'arbiter' ? null : 204 + at * 31,
    cachePercent: role === 'arbiter' ? null : 74,
    diskPercent: role === 'arbiter' ? null : 61,
    spark: operations === null ? [] : wave(at, operations),
    openAlerts: 0,
    ...more,
  };
}

function set(name: string, first: number, more: Partial<TopologySet> = {}): TopologySet {
  return {
    replicaSetId: `rs-${name}`,
    name,
    status: { health: 'ok', word: 'healthy' },
    versions: ['6.0.19'],
    primary: `${name}-1.example.net:27017`,
    term: 14,
    oplogFirstMs: Date.now() - 31 * hour,
    oplogLastMs: Date.now(),
    oplogWindowMs: 31 * hour,
    oplogBytesPerHour: 4.2 * 2 ** 30,
    dataBytes: 642 * 2 ** 30,
    clusterRole: null,
    shardName: null,
    members: [
      member(first, `${name}-1.example.net:27017`, 'primary'),
      member(first + 1, `${name}-2.example.net:27017`, 'secondary'),
      member(first + 2, `${name}-3.example.net:27017`, 'secondary'),
    ],
    ...more,
  };
}

const checkout = (): TopologySet =>
  set('checkout', 1, {
    status: { health: 'warn', word: '1 member lags' },
    members: [
      member(1, 'checkout-1.example.net:27017', 'primary'),
      member(2, 'checkout-2.example.net:27017', 'secondary'),
      member(3, 'checkout-3.example.net:27017', 'secondary', {
        status: { health: 'warn', word: 'lagging', sinceMs: Date.now() - 19 * minute },
        lagMs: 252_000,
        startedAtMs: Date.now() - 117 * minute,
        cachePercent: 92,
      }),
      member(4, 'checkout-analytics-with-a-very-long-name.eu-central-1.example.net:27018', 'hidden'),
      member(5, 'checkout-arbiter.example.net:27017', 'arbiter'),
    ],
  });

/** One set with a lagging member, a sharded cluster, a process that is down, and as many further sets as wanted. */
export function topology(moreSets = 0): TopologyAnswer {
  const sets = [
    checkout(),
    ...Array.from({ length: moreSets }, (_, at) => set(`set${String(at).padStart(3, '0')}`, 100 + at * 3)),
  ];
  const single = member(40, 'legacy.example.net:27017', 'standalone', {
    status: { health: 'bad', word: 'down', sinceMs: Date.now() - 3 * minute, detail: 'Nothing answers at this port.' },
    operationsPerSecond: null,
    connections: null,
    cachePercent: null,
    diskPercent: null,
    lagMs: null,
    spark: [...wave(3, 40).slice(0, 57), null, null, null],
  });
  return {
    verdict: {
      health: 'warn',
      title: 'checkout-3 is 4 min 12 s behind its primary',
      detail: 'Since 02:41 UTC (19 min). Reads that go to this member are stale.',
      hostId: 'h3',
      alertId: 'a1',
    },
    blind: null,
    figures: {
      processes: 20 + moreSets * 3,
      healthy: 18 + moreSets * 3,
      lagging: 1,
      down: 1,
      unknown: 0,
      operationsPerSecond: 41_200,
      operationsSpark: wave(5, 41_200),
      connections: 3184,
      connectionsLimit: 51_200,
      oldestOplogWindowMs: 31 * hour,
      oldestOplogSet: 'checkout',
      oldestOplogSetId: 'rs-checkout',
      openAlerts: 1,
    },
    clusters: [
      {
        clusterId: 'c1',
        name: 'shop',
        status: { health: 'ok', word: 'healthy' },
        mongos: [
          member(10, 'mongos-1.example.net:27017', 'mongos'),
          member(11, 'mongos-2.example.net:27017', 'mongos'),
        ],
        configSet: set('shop-cfg', 12, { clusterRole: 'configsvr' }),
        shards: ['shop-a', 'shop-b', 'shop-c'].map((name, at) =>
          set(name, 20 + at * 3, { clusterRole: 'shardsvr', shardName: name }),
        ),
      },
    ],
    sets,
    standalones: [single],
    atMs: Date.now(),
  };
}

export function hosts(): Host[] {
  const all = [...checkout().members, ...topology().standalones];
  return all.map((one, at) => ({
    id: one.hostId ?? '',
    host: one.host,
    connectTo: at === 3 ? '10.20.0.7:27018' : null,
    aliases: [],
    seed: at === 0,
    status: one.status,
    type: one.role === 'arbiter' ? 'arbiter' : 'mongod',
    role: one.role,
    version: one.version,
    replicaSetId: one.role === 'standalone' ? null : 'rs-checkout',
    setName: one.role === 'standalone' ? null : 'checkout',
    clusterId: null,
    shardName: null,
    startedAtMs: one.startedAtMs,
    firstSampleAtMs: Date.now() - 90 * day,
    lastSampleAtMs: Date.now() - 4000,
    problem: null,
    clockSkewMs: 3,
    collection: 'diagnostic',
    hasCredentials: at === 0,
    username: at === 0 ? 'leafward' : null,
    authSource: at === 0 ? 'people' : null,
    tls: at === 0 ? true : null,
    tags: at < 3 ? ['production'] : [],
  }));
}

export function agents(): Agent[] {
  const agent = (id: string, hostname: string, more: Partial<Agent>): Agent => ({
    id,
    kind: 'monitoring',
    hostname,
    version: '0.1.0',
    target: 'linux-x64',
    status: { health: 'ok', word: 'reports' },
    role: 'active',
    approved: true,
    keyName: 'download of 20 Nov',
    firstSeenAtMs: Date.now() - 9 * day,
    lastSeenAtMs: Date.now() - 4000,
    startedAtMs: Date.now() - 9 * day,
    cpuPercent: 1.3,
    rssBytes: 71 * 2 ** 20,
    outboxSamples: 0,
    outboxBytes: 0,
    hosts: 20,
    duplicate: false,
    ...more,
  });
  return [
    agent('a_1', 'watch-1.example.net', {}),
    agent('b_1', 'vault-1.example.net', { kind: 'backup', hosts: 12 }),
    agent('a_2', 'watch-2.example.net', { role: 'standby', approved: false, hosts: 0 }),
    agent('a_3', 'watch-old.example.net', {
      role: 'lost',
      status: { health: 'bad', word: 'lost' },
      lastSeenAtMs: Date.now() - 3 * hour,
      outboxSamples: 1520,
      outboxBytes: 3 * 2 ** 20,
      duplicate: true,
    }),
  ];
}

/** `count` events, newest first, a minute apart. */
export function events(count: number): Event[] {
  const kinds = ['election', 'restart', 'stateChange', 'memberAdded', 'unreachable', 'gap'];
  return Array.from({ length: count }, (_, at) => ({
    id: `e${at}`,
    atMs: Date.now() - (at + 1) * 7 * minute,
    kind: kinds[at % kinds.length] ?? 'restart',
    subject:
      at % 3 === 0
        ? { kind: 'set' as const, id: 'rs-checkout', label: 'checkout' }
        : { kind: 'host' as const, id: 'h3', label: 'checkout-3.example.net:27017' },
    message:
      [
        'checkout-1 became primary, term 14.',
        'Restarted: 16 min without samples.',
        'Went from secondary to recovering.',
        'A new member was found.',
        'Does not answer any more: connection refused.',
        'Samples of 3 min were lost.',
      ][at % 6] ?? '',
  }));
}

export const keys: AgentKey[] = [
  {
    id: 'k1',
    name: 'download of 20 Nov',
    scope: 'monitoring',
    createdAtMs: Date.now() - 9 * day,
    lastUsedAtMs: Date.now() - 4000,
    revokedAtMs: null,
    sealed: false,
  },
  {
    id: 'k2',
    name: 'old machine',
    scope: 'both',
    createdAtMs: Date.now() - 99 * day,
    lastUsedAtMs: null,
    revokedAtMs: Date.now() - 50 * day,
    sealed: false,
  },
];
export const downloads: Download[] = [
  {
    id: 'd1',
    kind: 'monitoring',
    createdAtMs: Date.now() - 9 * day,
    expiresAtMs: Date.now() - 8 * day,
    revokedAtMs: null,
    downloads: 1,
    agent: { id: 'a_1', kind: 'monitoring', hostname: 'watch-1.example.net', atMs: Date.now() - 9 * day },
    agents: [{ id: 'a_1', kind: 'monitoring', hostname: 'watch-1.example.net', atMs: Date.now() - 9 * day }],
  },
];
/** A server on Linux x64 that was given artifacts of Linux arm64 and of Windows. */
export const downloadChoices: DownloadChoices = {
  serverUrl: 'https://leafward.example.net',
  groupId: 'g1',
  version: '0.1.0',
  serverCa: null,
  targets: (
    [
      ['linux-x64', 'Linux x64', true],
      ['linux-arm64', 'Linux arm64', true],
      ['darwin-arm64', 'macOS arm64', false],
      ['darwin-x64', 'macOS x64', false],
      ['win-x64', 'Windows x64', true],
      ['win-arm64', 'Windows arm64', true],
    ] as const
  ).map(([target, name, available]) => ({
    target,
    name,
    available,
    experimental: target === 'win-arm64',
    reason: available ? null : `This server has no executable for ${name}.`,
  })),
  repositories: { apt: null, yum: null },
};
export const storage: StorageUse = {
  bytes: 3.1 * 2 ** 30,
  budgetBytes: 20 * 2 ** 30,
  levels: [
    { level: 'raw', bytes: 1.2 * 2 ** 30, oldestMs: Date.now() - 2 * day, keepMs: 2 * day },
    { level: 'minute', bytes: 1.4 * 2 ** 30, oldestMs: Date.now() - 14 * day, keepMs: 14 * day },
    { level: 'hour', bytes: 0.5 * 2 ** 30, oldestMs: Date.now() - 90 * day, keepMs: 396 * day },
    { level: 'day', bytes: 20 * 2 ** 20, oldestMs: null, keepMs: 1827 * day },
  ],
  forecastBytes: 8.2 * 2 ** 30,
};
/** A check that fails at the privileges. */
export const doctor: DoctorRun = {
  orderId: 'o1',
  hostId: 'h3',
  done: true,
  steps: [
    { step: 'dns', title: 'Name', state: 'ok', message: 'db1.example.net is 10.20.0.4', durationMs: 2 },
    { step: 'tcp', title: 'Port', state: 'ok', message: 'accepts connections', durationMs: 1 },
    { step: 'tls', title: 'TLS', state: 'skipped', message: 'not asked for' },
    { step: 'auth', title: 'Sign-in', state: 'ok', message: 'as leafward', durationMs: 14 },
    {
      step: 'privileges',
      title: 'Privileges',
      state: 'failed',
      message: 'getDiagnosticData is not allowed',
      hint: 'Grant the role clusterMonitor:\ndb.getSiblingDB("admin").grantRolesToUser("leafward", ["clusterMonitor"])',
      durationMs: 3,
    },
  ],
  error: null,
};
