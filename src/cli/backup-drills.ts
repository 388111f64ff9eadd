import { z } from 'zod';
import { AppError } from '../runtime/errors.ts';
import { type BackupDrill, type BackupSet, backupDrill, backupOperation } from '../wire/api/backups.ts';
import type { ActionInput, Outcome } from './backup-outcome.ts';
import { bytesWords, durationWords } from './backup-progress.ts';
import { progressText } from './restore-report.ts';

/** `drill SET`: begins a restore drill; with --wait its end decides over the exit status. */
export async function runDrill({ api, flags, args: [name = ''], progress }: ActionInput): Promise<Outcome> {
  const set = await api.set(name);
  const path = `/backups/${set.replicaSetId}/drills`;
  if (flags['wait'] !== true) {
    const begun = await api.post(path, backupOperation);
    return {
      json: begun,
      text: `${set.name}: the drill runs; "leafward backup drills ${set.name}" shows how it ends.`,
    };
  }
  progress.show(`${set.name}: the newest snapshot is tried out`);
  const look = async (): Promise<void> => {
    const { drillUnderWay } = await api.set(set.replicaSetId);
    if (drillUnderWay !== null) progress.show(`${set.name}: ${underWayWords(drillUnderWay)}`);
  };
  const { drill } = await api.operation(path, look);
  progress.end();
  if (drill === null) throw new AppError('INTERNAL', 'the server ran no drill');
  return { json: drill, text: drillLine(drill), failed: !drill.ok };
}

/** `drills SET`: how they ended, newest first. */
export async function listDrills({ api, args: [name = ''] }: ActionInput): Promise<Outcome> {
  const { replicaSetId } = await api.set(name);
  const list = await api.get(`/backups/${replicaSetId}/drills`, z.array(backupDrill));
  return { json: list, text: list.length === 0 ? 'There was no drill yet.' : list.map(drillLine).join('\n') };
}

function underWayWords({ target, progress }: NonNullable<BackupSet['drillUnderWay']>): string {
  const what =
    target === null ? 'the newest snapshot is read in the store' : `the newest snapshot is restored into ${target}`;
  return `${what}${progress === null ? '' : `: ${progressText(progress)}`}`;
}

function drillLine({ atMs, ok, snapshotId, target, documents, bytes, tookMs, message }: BackupDrill): string {
  const what = `${documents} documents, ${bytesWords(bytes)} in ${durationWords(tookMs / 1000)}`;
  const where = target === null ? 'store alone' : `into ${target}`;
  return `${new Date(atMs).toISOString()}  ${ok ? 'passed' : 'FAILED'}  snapshot ${snapshotId}  ${where}  ${what}\n  ${message}`;
}
