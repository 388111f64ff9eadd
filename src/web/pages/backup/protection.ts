import type { BackupSet } from '../../../wire/api/backups.ts';
import type { Health } from '../../../wire/api/common.ts';
import type { Zone } from '../../chart/time-axis.ts';
import { capital, counted, duration, shortTime, size, zoneName } from '../../format.ts';

export interface Protection {
  readonly health: Health | 'busy';
  /** Whether the data can be got back, in one sentence. */
  readonly title: string;
  /** What is wrong, and the next step. */
  readonly detail: string;
}

/** What a person at 3 a.m. wants to know of a set: can I get my data back, and if not, what now. */
export function protectionOf(set: BackupSet, zone: Zone, nowMs: number): Protection {
  const { windowFromMs: from, protectedUntilMs: until, problem, status } = set;
  const time = (ms: number) => shortTime(ms, zone, nowMs);
  const named = (ms: number) => `${time(ms)} ${zoneName(ms, zone)}`;
  const window = from === null || until === null ? null : { from, until };
  return tellers[set.state](set, {
    nowMs,
    named,
    window,
    between: window === null ? null : `every second from ${time(window.from)} to ${named(window.until)}`,
    trouble: problem === null ? (status.detail ?? '') : `${sentence(problem.message)} ${problem.hint}`.trim(),
    health: status.health,
    busy: status.health === 'ok' ? 'busy' : status.health,
  });
}

interface Words {
  readonly nowMs: number;
  readonly named: (ms: number) => string;
  readonly window: { readonly from: number; readonly until: number } | null;
  readonly between: string | null;
  /** What is wrong and the next step; empty when nothing is. */
  readonly trouble: string;
  readonly health: Health;
  readonly busy: Health | 'busy';
}

const tellers: Readonly<Record<BackupSet['state'], (set: BackupSet, words: Words) => Protection>> = {
  off: () => ({ health: 'off', title: 'Not backed up', detail: 'Nothing of this set could be brought back.' }),
  starting: ({ agentId }, { busy, trouble }) => ({
    health: busy,
    title: agentId === null ? 'Waits for a backup agent' : 'The initial sync is about to begin',
    detail: trouble || (agentId === null ? 'Start one, and the initial sync begins by itself.' : ''),
  }),
  scanning: (set, { busy, trouble, between }) => ({
    health: busy,
    title:
      between === null
        ? 'The initial sync runs; nothing can be restored before it is done'
        : `A resync runs; ${between} stays restorable`,
    detail: trouble || scanWords(set),
  }),
  catchingUp: (_set, { busy, trouble }) => ({
    health: busy,
    title: 'The data is there; what was written during the sync is being put in order',
    detail: trouble || 'From then on any second can be restored. Minutes, as a rule.',
  }),
  protected: (set, words) => ({ health: words.health, title: sinceWords(set, words), detail: words.trouble }),
  behind: (set, { health, window, named, trouble }) => ({
    health,
    title: window === null ? 'The oplog is followed too slowly' : `Restorable only up to ${named(window.until)}`,
    detail: [lagWords(set), trouble, holdWords(set)].filter((part) => part !== '').join(' '),
  }),
  resyncNeeded: (_set, { health, window, named, trouble }) => ({
    health,
    title: window === null ? 'A resync is needed' : `Protection ended at ${named(window.until)}: a resync is needed`,
    detail: trouble,
  }),
  stopped: (set, { between }) => ({
    health: 'off',
    title: 'Stopped: nothing new is captured',
    detail: between === null ? keptWords(set) : `${capital(between)} stays restorable.`,
  }),
  terminating: ({ deletedAtMs }, { nowMs }) => ({
    health: 'warn',
    title:
      deletedAtMs === null
        ? 'All its backups are being deleted'
        : `All its backups will be deleted in ${duration(Math.max(1000, deletedAtMs - nowMs))}`,
    detail: 'Until then it can be undone, and restored from.',
  }),
};

/** How many of all sets are protected, when none is in trouble. */
export function coverageOf(
  sets: readonly BackupSet[],
): Pick<Protection, 'health' | 'title'> & { readonly all: boolean } {
  const of = (...states: readonly BackupSet['state'][]): number =>
    sets.filter(({ state }) => states.includes(state)).length;
  const [coming, stopped, going] = [of('scanning', 'starting', 'catchingUp'), of('stopped'), of('terminating')];
  const covered = sets.length - coming - stopped - going;
  const others = [
    coming > 0 ? [`${coming} on the way`] : [],
    stopped > 0 ? [`${stopped} stopped`] : [],
    going > 0 ? [`${going} being deleted`] : [],
  ].flat();
  const title = [covered === 0 ? 'No set is protected' : `${counted(covered, 'set')} protected`, ...others].join(', ');
  const still = covered === 0 ? 'off' : 'ok';
  return { health: going > 0 ? 'warn' : coming > 0 ? 'busy' : still, title, all: covered === sets.length };
}

function lagWords({ lagSeconds }: BackupSet): string {
  return lagSeconds === null ? '' : `${duration(lagSeconds * 1000)} behind the source.`;
}

function sinceWords(set: BackupSet, { window, named }: Words): string {
  if (window !== null) return `Every second since ${named(window.from)} can be restored`;
  return set.snapshots === 0 ? 'Nothing can be restored yet' : keptWords(set);
}

function keptWords({ snapshots }: BackupSet): string {
  if (snapshots === 0) return 'Nothing was kept.';
  return snapshots === 1 ? '1 snapshot can be restored.' : `${snapshots} snapshots can be restored.`;
}

/** `312 GiB of 640 GiB, 80 MiB/s, 1 h 8 min left`. */
export function scanWords({ scan }: BackupSet): string {
  if (scan === null) return '';
  const rate = scan.bytesPerSecond === null ? [] : [`${size(scan.bytesPerSecond)}/s`];
  const left = scan.secondsLeft === null ? [] : [`${duration(Math.max(1000, scan.secondsLeft * 1000))} left`];
  const parts = [`${size(scan.bytes)} of ${size(Math.max(scan.allBytes, scan.bytes))}`, ...rate, ...left];
  return `${parts.join(', ')}.`;
}

/** How long the source's oplog still holds the place at which capture stands. */
function holdWords({ oplogHoldsSeconds: seconds }: BackupSet): string {
  if (seconds === null) return '';
  return seconds <= 0
    ? 'The oplog no longer holds its place.'
    : `The oplog holds its place for ${duration(seconds * 1000)} more.`;
}

function sentence(text: string): string {
  return text === '' ? '' : `${capital(text).replace(/\.$/, '')}.`;
}

/** Sets that need a person first, then by name. */
export function byNeed(a: BackupSet, b: BackupSet): number {
  const rank = ({ status }: BackupSet) => ['bad', 'warn', 'unknown', 'ok', 'off'].indexOf(status.health);
  return rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true });
}
