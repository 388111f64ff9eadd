import { z } from 'zod';
import { AppError } from '../runtime/errors.ts';
import { sleep } from '../runtime/periodic.ts';
import { type BackupSet, backupPlan, backupSet, type Snapshot, snapshot } from '../wire/api/backups.ts';
import { listDrills, runDrill } from './backup-drills.ts';
import type { ActionInput, Outcome } from './backup-outcome.ts';
import { bytesWords, durationWords, progressLine } from './backup-progress.ts';
import { findDocuments, historyOf, makeLink } from './backup-reading.ts';
import type { Flags } from './commands.ts';

export interface BackupAction {
  /** For the sentence that says what was wrong. */
  readonly args: string;
  readonly least: number;
  readonly most: number;
  readonly run: (input: ActionInput) => Promise<Outcome>;
}

const lookEveryMs = 1000;
const waitSeconds = 86_400;

const oneSet = { args: 'one REPLICA_SET (its name or its id)', least: 1, most: 1 } as const;
const maybeSet = { args: 'at most one REPLICA_SET', least: 0, most: 1 } as const;

/** What `leafward backup` can do. */
export const backupActions: Readonly<Record<string, BackupAction>> = {
  status: { ...maybeSet, run: status },
  plan: { ...oneSet, run: plan },
  start: { ...oneSet, run: start },
  stop: { ...oneSet, run: stop },
  terminate: { ...oneSet, run: terminate },
  resync: { ...oneSet, run: resync },
  snapshot: { ...oneSet, run: takeSnapshot },
  snapshots: { ...oneSet, run: listSnapshots },
  verify: { ...maybeSet, run: verify },
  drill: { ...oneSet, run: runDrill },
  drills: { ...oneSet, run: listDrills },
  find: { args: 'REPLICA_SET NAMESPACE [FILTER]', least: 2, most: 3, run: findDocuments },
  history: { args: 'REPLICA_SET NAMESPACE ID', least: 3, most: 3, run: historyOf },
  link: { ...oneSet, run: makeLink },
};

async function status({ api, args }: ActionInput): Promise<Outcome> {
  const [name] = args;
  if (name !== undefined) {
    const set = await api.set(name);
    return { json: set, text: progressLine(set) };
  }
  const sets = await api.sets();
  const text = sets.length === 0 ? 'Monitoring has found no replica set yet.' : sets.map(progressLine).join('\n');
  return { json: sets, text };
}

async function plan({ api, args: [name = ''] }: ActionInput): Promise<Outcome> {
  const { replicaSetId } = await api.set(name);
  const answer = await api.get(`/backups/${replicaSetId}/plan`, backupPlan);
  const { bytes, documents, expectedSeconds, oplogWindowSeconds, expectedStoredBytes, storeFreeBytes } = answer;
  const lines = [
    `data      ${bytesWords(bytes)} in ${documents} documents`,
    `sync      ${expectedSeconds === null ? 'not known' : `about ${durationWords(expectedSeconds)}`}`,
    `oplog     ${oplogWindowSeconds === null ? 'not known' : `holds ${durationWords(oplogWindowSeconds)}`}`,
    `stored    about ${bytesWords(expectedStoredBytes)}${storeFreeBytes === null ? '' : `, ${bytesWords(storeFreeBytes)} free`}`,
    ...answer.warnings.map(({ message, hint }) => `warning   ${message}\n          ${hint}`),
  ];
  return { json: answer, text: lines.join('\n') };
}

async function start(input: ActionInput): Promise<Outcome> {
  const { api, flags, args } = input;
  const before = await api.set(args[0] ?? '');
  const set = await api.post(`/backups/${before.replicaSetId}/start`, backupSet, settingsOf(flags));
  return flags['wait'] === true ? untilProtected(input, set) : { json: set, text: progressLine(set) };
}

async function resync(input: ActionInput): Promise<Outcome> {
  const { api, flags, args } = input;
  const before = await api.set(args[0] ?? '');
  const kind = flags['full'] === true ? 'full' : 'resync';
  const set = await api.post(`/backups/${before.replicaSetId}/resync`, backupSet, { kind });
  return flags['wait'] === true ? untilProtected(input, set) : { json: set, text: progressLine(set) };
}

async function stop({ api, args: [name = ''] }: ActionInput): Promise<Outcome> {
  const { replicaSetId } = await api.set(name);
  const set = await api.post(`/backups/${replicaSetId}/stop`, backupSet);
  return { json: set, text: `${set.name}: stopped; its ${set.snapshots} snapshots stay.` };
}

async function terminate({ api, flags, args: [name = ''] }: ActionInput): Promise<Outcome> {
  const before = await api.set(name);
  if (flags['confirm'] !== before.name) {
    throw new AppError('USAGE', `all backups of ${before.name} would be deleted after 72 hours`, {
      hint: `If that is meant: --confirm ${before.name}`,
    });
  }
  const set = await api.post(`/backups/${before.replicaSetId}/terminate`, backupSet, { confirm: before.name });
  const when = set.deletedAtMs === null ? '' : ` at ${new Date(set.deletedAtMs).toISOString()}`;
  return {
    json: set,
    text: `${set.name}: all of its backups are deleted${when}. "leafward backup start ${set.name}" undoes it until then.`,
  };
}

async function takeSnapshot({ api, args: [name = ''], progress }: ActionInput): Promise<Outcome> {
  const set = await api.set(name);
  progress.show(`${set.name}: the snapshot is made`);
  const { snapshot: made } = await api.operation(`/backups/${set.replicaSetId}/snapshots`);
  if (made === null) throw new AppError('INTERNAL', 'the server made no snapshot');
  return { json: made, text: snapshotLine(made) };
}

async function listSnapshots({ api, args: [name = ''] }: ActionInput): Promise<Outcome> {
  const { replicaSetId } = await api.set(name);
  const list = await api.get(`/backups/${replicaSetId}/snapshots`, z.array(snapshot));
  return { json: list, text: list.length === 0 ? 'There is no snapshot yet.' : list.map(snapshotLine).join('\n') };
}

function snapshotLine(one: Snapshot): string {
  const kept = one.keptAs.length === 0 ? one.reason : one.keptAs.join('+');
  const cost = `${bytesWords(one.newBytes)} new in ${durationWords(one.tookMs / 1000)}`;
  return `${one.id}  ${new Date(one.atMs).toISOString()}  ${kept}  ${one.documents} documents, ${bytesWords(one.contentBytes)}  (${cost})`;
}

async function verify({ api, args: [name], progress }: ActionInput): Promise<Outcome> {
  const path = name === undefined ? '/backup-store' : `/backups/${(await api.set(name)).replicaSetId}`;
  progress.show('every block is read');
  const { verify: report } = await api.operation(`${path}/verify`);
  if (report === null) throw new AppError('INTERNAL', 'the server verified nothing');
  const { blocks, bytes, damage } = report;
  const lines = [
    `${blocks} blocks, ${bytesWords(bytes)}: ${damage.length === 0 ? 'all are whole' : `${damage.length} are damaged`}`,
    ...damage.map((one) => `${one.block} in ${one.pack}: ${one.why}; snapshots: ${one.snapshots.join(', ') || 'none'}`),
  ];
  return { json: report, text: lines.join('\n'), failed: damage.length > 0 };
}

/** @throws TIMEOUT, and CONFLICT when a person must do something first */
async function untilProtected({ api, flags, progress, signal }: ActionInput, begun: BackupSet): Promise<Outcome> {
  const seconds = Number(flags['timeout'] ?? waitSeconds);
  const endMs = performance.now() + seconds * 1000;
  let set = begun;
  for (;;) {
    progress.show(progressLine(set));
    if (set.state === 'protected') return { json: set, text: progressLine(set) };
    if (set.state === 'stopped' || set.state === 'terminating' || set.state === 'resyncNeeded') {
      const { message = `backup is ${set.status.word}`, hint } = set.problem ?? {};
      throw new AppError('CONFLICT', `${set.name}: ${message}`, hint === undefined ? {} : { hint });
    }
    if (!(performance.now() < endMs)) {
      throw new AppError('TIMEOUT', `${progressLine(set)}: not protected within ${seconds} s`, {
        hint: set.problem?.hint ?? 'The server goes on; "leafward backup status" shows how far it is.',
      });
    }
    if (!(await sleep(lookEveryMs, signal))) signal.throwIfAborted();
    set = await api.set(begun.replicaSetId);
  }
}

function settingsOf(flags: Flags): object {
  const list = (name: string): string[] | undefined => {
    const value = flags[name];
    return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : undefined;
  };
  const number = (name: string): number | undefined => (flags[name] === undefined ? undefined : Number(flags[name]));
  const filter = { include: list('include'), exclude: list('exclude') };
  const limits = { scanThreads: number('scanThreads'), scanBytesPerSecond: number('scanBytesPerSecond') };
  return { filter, limits, drillEveryDays: number('drillEveryDays') };
}
