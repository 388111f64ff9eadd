import type { SetReport } from '../../wire/agent-messages.ts';
import type { BackupPlan } from '../../wire/api/backups.ts';
import { lostAfterMs } from '../agents/agent-view.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import type { Backups } from './backups.ts';
import { defaultSettings } from './default-settings.ts';
import type { KnownSet } from './set-book.ts';

const sizeNames = ['data.size', 'data.objects', 'data.collections'] as const;
/** dbStats are read at a slow pace. */
const sizeMaxAgeMs = 2 * 3_600_000;
/** Documents before compression that one thread of a scan reads, compresses and sends: measured 80 MB/s on a quiet machine. */
const bytesPerThreadSecond = 30e6;
/** A third of the documents' size is what zstd leaves of typical ones. */
const storedShare = 0.35;
const room = 1.5;

type Warning = BackupPlan['warnings'][number];

/** What a start would take, from what monitoring knows; nothing is asked of the source. */
export async function planFor(backups: Backups, groupId: string, set: KnownSet): Promise<BackupPlan> {
  const fleet = await backups.context.fleet.group(groupId);
  const { limits } = set.kept?.settings ?? defaultSettings;
  const size = await sizeOf(backups, fleet, set.report);
  const rate = Math.min(
    limits.scanBytesPerSecond ?? Number.POSITIVE_INFINITY,
    limits.scanThreads * bytesPerThreadSecond,
  );
  const expectedSeconds = size === null ? null : Math.ceil(size.bytes / rate) + 1;
  const { oplogFirstMs, oplogLastMs } = set.report ?? {};
  const isKnown = oplogFirstMs !== undefined && oplogLastMs !== undefined && oplogLastMs > oplogFirstMs;
  const oplogWindowSeconds = isKnown ? (oplogLastMs - oplogFirstMs) / 1000 : null;
  const { freeBytes } = await backups.vault.use(groupId);
  const expectedStoredBytes = Math.round((size?.bytes ?? 0) * storedShare);
  const plan = {
    bytes: size?.bytes ?? 0,
    documents: size?.documents ?? 0,
    collections: size?.collections ?? 0,
    expectedSeconds,
    oplogWindowSeconds,
    storeFreeBytes: freeBytes,
    expectedStoredBytes,
  };
  const warnings = [
    ...(size === null ? [unknownSize] : []),
    ...oplogWarnings(plan, set.report, limits.scanBytesPerSecond !== null),
    ...roomWarnings(plan),
    ...agentWarnings(fleet, set.report, backups.context.clock.now()),
    ...memberWarnings(set.report),
  ];
  return { ...plan, warnings };
}

const unknownSize: Warning = {
  message: 'the size of the data is not known yet',
  hint: 'Monitoring reads it every few minutes where the group collects databases (Settings > Group).',
};

type Size = Pick<BackupPlan, 'bytes' | 'documents' | 'collections'>;

/** Of the member that holds most: a secondary may be behind. */
async function sizeOf({ context }: Backups, fleet: GroupFleet, report: SetReport | undefined): Promise<Size | null> {
  const hosts = (report?.members ?? []).flatMap(({ host }) => fleet.byName(host)?.id ?? []);
  if (hosts.length === 0) return null;
  const latest = await context.metrics.latest(fleet.group.id, hosts, sizeNames, sizeMaxAgeMs);
  const sizes = [...latest.values()].map(({ values: [bytes, documents, collections] }) => ({
    bytes: bytes ?? 0,
    documents: documents ?? 0,
    collections: collections ?? 0,
  }));
  return sizes.toSorted((a, b) => b.bytes - a.bytes)[0] ?? null;
}

type Figures = Omit<BackupPlan, 'warnings'>;

function oplogWarnings(plan: Figures, report: SetReport | undefined, isLimited: boolean): Warning[] {
  const { expectedSeconds, oplogWindowSeconds } = plan;
  if (expectedSeconds === null || oplogWindowSeconds === null || expectedSeconds < oplogWindowSeconds) return [];
  const perSecond = report?.oplogBytes === undefined ? null : report.oplogBytes / oplogWindowSeconds;
  const needed = perSecond === null ? '' : ` to ${gigabytes(perSecond * expectedSeconds * room)}`;
  return [
    {
      message: `the initial sync takes about ${wordsOf(expectedSeconds)}, the oplog holds ${wordsOf(oplogWindowSeconds)}`,
      hint: `Enlarge the oplog${needed} (replSetResizeOplog on each member)${isLimited ? ', or raise the limit of the scan' : ', or give the scan more threads'}: an agent that is cut off meanwhile could otherwise not go on.`,
    },
  ];
}

function roomWarnings({ storeFreeBytes, expectedStoredBytes }: Figures): Warning[] {
  if (storeFreeBytes === null || storeFreeBytes >= expectedStoredBytes * room) return [];
  return [
    {
      message: `the store needs about ${gigabytes(expectedStoredBytes)}, and ${gigabytes(storeFreeBytes)} are free`,
      hint: 'Give the server a larger disk, or exclude what need not be kept.',
    },
  ];
}

function agentWarnings(fleet: GroupFleet, report: SetReport | undefined, nowMs: number): Warning[] {
  const agents = [...fleet.agents.values()].filter(
    ({ kind, lastSeenAtMs }) => kind === 'backup' && nowMs - lastSeenAtMs <= lostAfterMs,
  );
  if (agents.length === 0) {
    return [
      {
        message: 'no backup agent is in touch',
        hint: 'Start "leafward backup-agent" on a machine that reaches the members and this server.',
      },
    ];
  }
  const hasLogin = (report?.members ?? []).some(({ host }) => (fleet.byName(host)?.credentials ?? null) !== null);
  if (!hasLogin || agents.some(({ approved }) => approved)) return [];
  return [
    {
      message: 'the backup agent is not approved yet: it gets no MongoDB login from this server',
      hint: 'Approve it on the Agents page, or put a login into its own settings file.',
    },
  ];
}

function memberWarnings(report: SetReport | undefined): Warning[] {
  const usable = (report?.members ?? []).filter(
    ({ state, health, delaySeconds }) => (state === 1 || state === 2) && health === 1 && delaySeconds === 0,
  );
  if (usable.some(({ state }) => state === 2)) return [];
  return usable.length === 0
    ? [{ message: 'no member can be read now', hint: 'Look at the deployment: who is down, and why?' }]
    : [
        {
          message: 'there is no healthy secondary: the initial sync reads from the primary',
          hint: 'Limit its speed, or bring a secondary back first.',
        },
      ];
}

function gigabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(bytes >= 1e10 ? 0 : 1)} GB` : `${Math.ceil(bytes / 1e6)} MB`;
}

function wordsOf(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 6) / 10;
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
