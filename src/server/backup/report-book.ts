import type { BackupReportRequest } from '../../wire/backup-messages.ts';

export type TaskReport = BackupReportRequest['tasks'][number];

/** What an agent said last about a set. */
export interface SeenTask {
  readonly agentId: string;
  /** Server's clock. */
  readonly atMs: number;
  /** What to add to times of the agent. */
  readonly skewMs: number;
  readonly task: TaskReport;
  /** Since when reports tell of this problem. */
  readonly problemSinceMs: number | null;
}

/** Agents report every few seconds: what is older says nothing about now. */
export const reportFreshMs = 60_000;

/** The newest report of every set, in memory: agents say it again after a restart of the server. */
export class ReportBook {
  readonly #groups = new Map<string, Map<string, SeenTask>>();

  note(groupId: string, seen: Omit<SeenTask, 'problemSinceMs'>): void {
    const group = this.#groups.get(groupId) ?? new Map<string, SeenTask>();
    this.#groups.set(groupId, group);
    const before = group.get(seen.task.replicaSetId);
    const { problem } = seen.task;
    const isSame = problem !== null && before?.task.problem?.code === problem.code;
    const problemSinceMs = problem === null ? null : isSame ? before.problemSinceMs : seen.atMs;
    group.set(seen.task.replicaSetId, { ...seen, problemSinceMs });
  }

  /** Undefined: nothing was told lately. */
  fresh(groupId: string, replicaSetId: string, nowMs: number): SeenTask | undefined {
    const seen = this.#groups.get(groupId)?.get(replicaSetId);
    return seen !== undefined && nowMs - seen.atMs <= reportFreshMs ? seen : undefined;
  }

  forget(groupId: string, replicaSetId: string): void {
    this.#groups.get(groupId)?.delete(replicaSetId);
  }
}
