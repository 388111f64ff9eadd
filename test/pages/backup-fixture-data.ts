import type { FindAnswer, HistoryAnswer, RestoreLink, ViewAnswer } from '../../src/wire/api/backup-reading.ts';
import type { BackupStore } from '../../src/wire/api/backup-store.ts';
import type {
  BackupDrill,
  BackupOperation,
  BackupPlan,
  BackupSet,
  BackupTimeline,
  Snapshot,
  WriteSources,
} from '../../src/wire/api/backups.ts';

const hour = 3_600_000;
const day = 24 * hour;
const GiB = 2 ** 30;

const defaults = {
  schedule: {
    snapshotEveryHours: 6,
    keepAllHours: 48,
    keepDailyDays: 7,
    keepWeeklyWeeks: 4,
    keepMonthlyMonths: 12,
    windowHours: 24,
  },
  filter: { include: [], exclude: ['*.cache', 'scratch.*'] },
  limits: { scanBytesPerSecond: null, scanThreads: 2 },
} satisfies Pick<BackupSet, 'schedule' | 'filter' | 'limits'>;

export function optimeAt(atMs: number) {
  return { ts: `${Math.floor(atMs / 1000)}:1`, term: 14 };
}

export function backupSet(name: string, more: Partial<BackupSet> = {}): BackupSet {
  const now = Date.now();
  return {
    replicaSetId: `rs-${name}`,
    name,
    hosts: [1, 2, 3].map((at) => `${name}-${at}.example.net:27017`),
    clusterRole: null,
    state: 'protected',
    status: { health: 'ok', word: 'protected' },
    problem: null,
    protectedUntilMs: now - 2000,
    protectedUntil: optimeAt(now - 2000),
    lagSeconds: 2,
    windowFromMs: now - 25 * hour,
    lastSnapshotAtMs: now - 2 * hour,
    nextSnapshotAtMs: now + 4 * hour,
    snapshots: 21,
    contentBytes: 642 * GiB,
    storedBytes: 231 * GiB,
    slicesBytes: 18 * GiB,
    oplogHoldsSeconds: 31 * 3600,
    spoolBytes: 0,
    agentId: 'b_1',
    member: `${name}-2.example.net:27017`,
    scan: null,
    ...defaults,
    drillEveryDays: 7,
    deletedAtMs: null,
    drill: {
      atMs: now - 20 * hour,
      ok: true,
      message: 'All 214 collections were equal, by count and hash.',
      tookMs: 2_412_000,
      target: 'drill.example.net:27017',
    },
    drillUnderWay: null,
    ...more,
  };
}

const nothing = {
  protectedUntilMs: null,
  protectedUntil: null,
  lagSeconds: null,
  windowFromMs: null,
  lastSnapshotAtMs: null,
  nextSnapshotAtMs: null,
  snapshots: 0,
  contentBytes: 0,
  storedBytes: 0,
  slicesBytes: 0,
  drill: null,
} satisfies Partial<BackupSet>;

export function offSet(name: string): BackupSet {
  return backupSet(name, {
    ...nothing,
    state: 'off',
    status: { health: 'off', word: 'off' },
    agentId: null,
    member: null,
    oplogHoldsSeconds: null,
    spoolBytes: null,
  });
}

/** An initial sync of so many collections, about half done. */
export function scanningSet(name: string, collections: number): BackupSet {
  const rows = Array.from({ length: collections }, (_, at) => {
    const allBytes = Math.round((50 * GiB) / (at + 1));
    const share = at % 5 === 0 ? 1 : at % 5 === 1 ? 0.4 : 0;
    return {
      namespace: at === 3 ? `shop.${'a_name_that_is_longer_than_most_'.repeat(3)}${at}` : `shop.orders_${at}`,
      documents: Math.round((allBytes * share) / 512),
      bytes: Math.round(allBytes * share),
      allBytes,
      done: share === 1,
    };
  });
  const sum = (pick: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + pick(row), 0);
  return backupSet(name, {
    ...nothing,
    state: 'scanning',
    status: { health: 'ok', word: 'initial sync' },
    storedBytes: 40 * GiB,
    slicesBytes: GiB,
    oplogHoldsSeconds: 5 * 3600,
    spoolBytes: 3 * 2 ** 20,
    scan: {
      kind: 'full',
      startedAtMs: Date.now() - 17 * 60_000,
      documents: sum(({ documents }) => documents),
      bytes: sum(({ bytes }) => bytes),
      allDocuments: Math.round(sum(({ allBytes }) => allBytes) / 512),
      allBytes: sum(({ allBytes }) => allBytes),
      bytesPerSecond: 82 * 2 ** 20,
      secondsLeft: 1980,
      allCollections: rows.length,
      doneCollections: rows.filter(({ done }) => done).length,
      collections: rows,
    },
  });
}

export function lostSet(name: string): BackupSet {
  const sinceMs = Date.now() - 3 * hour;
  const message = `the oplog of ${name} no longer holds the place at which capture stood`;
  return backupSet(name, {
    state: 'resyncNeeded',
    status: { health: 'bad', word: 'resync needed', sinceMs, detail: message },
    problem: {
      code: 'PLACE_LOST',
      message,
      hint: 'Start a resync: it sends only what differs. What was kept before stays restorable.',
      sinceMs,
    },
    protectedUntilMs: sinceMs - hour,
    lagSeconds: 4 * 3600,
    oplogHoldsSeconds: 0,
    drill: { atMs: sinceMs, ok: false, message: 'The target did not answer.', tookMs: 30_000, target: null },
  });
}

export function backupSets(more = 0): BackupSet[] {
  const longName = 'analytics-replica-set-with-a-name-that-is-longer-than-anyone-would-like-to-read';
  return [
    backupSet('checkout'),
    backupSet('shop-a', { clusterRole: 'shardsvr', lagSeconds: 0 }),
    scanningSet('billing', 1000),
    lostSet('legacy'),
    backupSet('search', {
      state: 'behind',
      status: { health: 'warn', word: 'behind' },
      protectedUntilMs: Date.now() - 720_000,
      lagSeconds: 720,
      spoolBytes: 6 * GiB,
      oplogHoldsSeconds: 9000,
    }),
    backupSet(longName, {
      state: 'terminating',
      status: { health: 'off', word: 'being deleted' },
      deletedAtMs: Date.now() + 71 * hour,
      agentId: null,
      member: null,
      lagSeconds: null,
    }),
    offSet('sandbox'),
    ...Array.from({ length: more }, (_, at) => offSet(`set${String(at).padStart(3, '0')}`)),
  ];
}

export function snapshots(now = Date.now()): Snapshot[] {
  const ages = [
    ...Array.from({ length: 9 }, (_, at) => 2 + at * 6),
    ...[3, 4, 5, 6, 7].map((days) => days * 24 + 2),
    ...[14, 21, 28, 60, 90, 120, 150].map((days) => days * 24),
  ];
  return ages.map((hours, at) => ({
    id: `s${at + 1}`,
    optime: optimeAt(now - hours * hour),
    atMs: Math.floor((now - hours * hour) / 1000) * 1000,
    takenAtMs: now - hours * hour + 30_000,
    reason: at === ages.length - 1 ? 'initial' : at === 1 ? 'demand' : 'schedule',
    keptAs:
      at === 1
        ? []
        : hours < 48
          ? ['recent', 'daily']
          : hours < 200
            ? ['daily']
            : hours < 700
              ? ['weekly']
              : ['monthly'],
    expiresAtMs: at === 1 ? null : now + (hours < 48 ? 40 : 400) * hour,
    collections: 214,
    documents: 812_000_000 - at * 1_000_000,
    contentBytes: (642 - at) * GiB,
    readBytes: 7 * GiB,
    newBytes: at === ages.length - 1 ? 180 * GiB : Math.round((1.1 + (at % 4)) * GiB),
    tookMs: at === ages.length - 1 ? 7_200_000 : 84_000 + at * 900,
  }));
}

export function timeline(now = Date.now()): BackupTimeline {
  return {
    spans: [
      { fromMs: now - 25 * hour, untilMs: now - 9 * hour },
      { fromMs: now - 7.5 * hour, untilMs: now - 2000 },
    ],
    holes: [
      {
        fromMs: now - 9 * hour,
        untilMs: now - 7.5 * hour,
        why: 'the place in the oplog was lost; what was written meanwhile is in no backup until the resync was done.',
      },
    ],
    snapshots: snapshots(now),
  };
}

export const plan: BackupPlan = {
  bytes: 642 * GiB,
  documents: 812_000_000,
  collections: 214,
  expectedSeconds: 3 * 3600,
  oplogWindowSeconds: 2 * 3600,
  storeFreeBytes: 900 * GiB,
  expectedStoredBytes: 225 * GiB,
  warnings: [
    {
      message: 'the initial sync takes about 3 h, the oplog holds 2 h',
      hint: 'Enlarge the oplog to 18 GB (replSetResizeOplog on each member), or give the scan more threads: an agent that is cut off meanwhile could otherwise not go on.',
    },
  ],
};

export function drills(now = Date.now()): BackupDrill[] {
  const drill = { snapshotId: 's3', snapshotAtMs: now - 26 * hour, documents: 810_000_000, bytes: 640 * GiB };
  return [
    {
      ...drill,
      id: 'd2',
      atMs: now - 20 * hour,
      ok: true,
      message: 'All 214 collections were equal, by count and hash.',
      tookMs: 2_412_000,
      target: 'drill.example.net:27017',
    },
    {
      ...drill,
      id: 'd1',
      atMs: now - 8 * day,
      ok: false,
      message: 'shop.orders differs: 12 documents are missing in the target.',
      tookMs: 2_390_000,
      target: null,
    },
  ];
}

export const verified: BackupOperation = {
  id: 'o2',
  kind: 'verify',
  replicaSetId: 'rs-checkout',
  state: 'done',
  startedAtMs: Date.now() - 60_000,
  endedAtMs: Date.now(),
  error: null,
  snapshot: null,
  drill: null,
  verify: {
    blocks: 2_600_000,
    bytes: 231 * GiB,
    damage: [{ block: 'ab'.repeat(32), pack: 'p7', why: 'its hash is another one', snapshots: ['s3', 's4'] }],
  },
};

export const store: BackupStore = {
  bytes: 512 * GiB,
  deadBytes: 3 * GiB,
  plainBytes: 0,
  freeBytes: 900 * GiB,
  recoveryKit: 'missing',
};

export function writeSources(fromMs: number, toMs: number): WriteSources {
  const bucketMs = 600_000;
  const first = Math.ceil(fromMs / bucketMs) * bucketMs;
  const times = Array.from(
    { length: Math.max(0, Math.floor((toMs - first) / bucketMs)) },
    (_, at) => first + at * bucketMs,
  );
  return {
    bucketMs,
    namespaces: Array.from({ length: 11 }, (_, order) => ({
      namespace: `shop.${['orders', 'carts', 'payments', 'sessions'][order] ?? `collection_${order}`}`,
      points: times
        .filter((_, at) => order < 4 || (at + order) % 7 < 3)
        .map((atMs, at): [number, number, number] => {
          const wave = 1 + 0.5 * Math.sin(at / 9 + order);
          return [atMs, Math.round((2e8 / (order + 1)) * wave), Math.round((90_000 / (order + 1)) * wave)];
        }),
    })),
  };
}

/** So many collections in a few databases. */
export function view(collections = 40): ViewAnswer {
  const now = Date.now();
  return {
    viewId: 'v1',
    optime: optimeAt(now),
    atMs: now,
    expiresAtMs: now + hour,
    sourceVersion: '6.0.19',
    collections: Array.from({ length: collections }, (_, at) => ({
      uuid: `u${at}`,
      namespace: at === 0 ? 'shop.orders' : `${['shop', 'crm', 'audit'][at % 3]}.collection_${at}`,
      type: at % 11 === 5 ? ('view' as const) : ('collection' as const),
      capped: false,
      documents: 1000 * at,
      contentBytes: 3_000_000 * (at + 1),
      indexes: 2,
      options: '',
      indexSpecs: [],
    })),
  };
}

export const links: RestoreLink[] = [
  {
    id: 'x1',
    replicaSetId: 'rs-checkout',
    optime: optimeAt(Date.now() - hour),
    format: 'archive',
    namespaces: ['shop.*'],
    selection: null,
    createdAtMs: Date.now() - hour,
    expiresAtMs: Date.now() - 1000,
    state: 'used',
    attempts: 1,
    sentBytes: 61 * GiB,
    contentBytes: 200 * GiB,
  },
];

export const found: FindAnswer = {
  optime: optimeAt(Date.now()),
  documents: Array.from({ length: 5 }, (_, at) => ({
    _id: { $oid: `65a1b2c3d4e5f6071829a0b${at}` },
    status: 'paid',
    total: { $numberDecimal: '118.20' },
    at: { $date: { $numberLong: String(Date.now() - at * day) } },
    lines: [
      { sku: 'A-1', count: { $numberInt: '2' } },
      { sku: 'B-7', count: { $numberInt: '1' } },
    ],
    customer: { name: 'Kim Example', address: { city: 'Utrecht', lines: [] } },
    seen: { $numberLong: '9007199254740993' },
  })),
  scanned: 20_411,
  more: true,
  tookMs: 312,
};

export function history(now = Date.now()): HistoryAnswer {
  const document = found.documents[0];
  const version = (hours: number, more: Partial<HistoryAnswer['versions'][number]>) => ({
    optime: optimeAt(now - hours * hour),
    atMs: now - hours * hour,
    exact: true,
    kind: 'update' as const,
    cause: 'write' as const,
    document,
    changes: [],
    ...more,
  });
  return {
    versions: [
      version(60, { exact: false, optime: null, kind: 'found', cause: null }),
      version(20, { changes: [{ path: 'status', before: 'open', after: 'paid' }] }),
      version(3, {
        changes: [
          { path: 'lines.1.count', before: { $numberInt: '3' }, after: { $numberInt: '1' } },
          { path: 'customer.note', before: undefined, after: 'call '.repeat(60) },
        ],
      }),
      version(1, { kind: 'delete', document: null }),
    ],
    exactFrom: { ts: `${Math.round((now - 25 * hour) / 1000)}:1`, term: 1 },
    exactFromMs: now - 25 * hour,
    cut: null,
  };
}
