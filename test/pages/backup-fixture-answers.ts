import { z } from 'zod';
import {
  findAnswer,
  historyAnswer,
  newRestoreLinkAnswer,
  type RestoreLink,
  restoreLink,
  viewAnswer,
} from '../../src/wire/api/backup-reading.ts';
import { backupStore } from '../../src/wire/api/backup-store.ts';
import {
  type BackupOperation,
  type BackupSet,
  backupDrill,
  backupOperation,
  backupPlan,
  backupsAnswer,
  backupTimeline,
  snapshot,
  writeSources,
} from '../../src/wire/api/backups.ts';
import * as data from './backup-fixture-data.ts';

type Answer = readonly [status: number, body: unknown];

/** The API of backups with made data that obeys the schemas; what is changed can be seen by the next read. */
export class BackupAnswers {
  sets: BackupSet[] = data.backupSets();
  timeline = data.timeline();
  links: RestoreLink[] = data.links;
  store = data.store;
  view = data.view();
  plan = data.plan;
  /** Reads of an operation that say it runs, before the one that says it is done. */
  operationReads = 1;

  /** `path` is what follows `/groups/g1`. Undefined: not ours. */
  read(path: string, url: URL): Answer | undefined {
    if (path === '/backups') return [200, backupsAnswer.parse(this.sets)];
    if (path === '/backup-store') return [200, backupStore.parse(this.store)];
    if (path.startsWith('/backup-operations/')) return [200, backupOperation.parse(this.#operation())];
    const [, id = '', what = ''] = /^\/backups\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    const set = this.sets.find(({ replicaSetId }) => replicaSetId === id);
    if (set === undefined) return undefined;
    const from = Number(url.searchParams.get('from'));
    const answers: Readonly<Record<string, () => unknown>> = {
      '': () => set,
      plan: () => backupPlan.parse(this.plan),
      timeline: () => backupTimeline.parse(set.windowFromMs === null ? empty : this.timeline),
      drills: () => z.array(backupDrill).parse(data.drills()),
      snapshots: () => z.array(snapshot).parse(set.windowFromMs === null ? [] : this.timeline.snapshots),
      'restore-links': () => z.array(restoreLink).parse(this.links),
      'write-sources': () => writeSources.parse(data.writeSources(from, Number(url.searchParams.get('to')))),
    };
    const answer = answers[what];
    return answer === undefined ? undefined : [200, answer()];
  }

  change(method: string, path: string): Answer | undefined {
    const [, id = '', what = ''] = /^\/backups\/([^/]+)(?:\/(.+))?$/.exec(path) ?? [];
    const set = this.sets.find(({ replicaSetId }) => replicaSetId === id);
    if (set === undefined) return undefined;
    if (method === 'DELETE') {
      this.links = this.links.map((link) => (path.endsWith(link.id) ? { ...link, state: 'revoked' } : link));
      return [204, undefined];
    }
    if (what === 'views') return [201, viewAnswer.parse(this.view)];
    if (what === 'find') return [200, findAnswer.parse(data.found)];
    if (what === 'history') return [200, historyAnswer.parse(data.history())];
    if (what === 'verify') return [202, backupOperation.parse(data.verified)];
    if (what === 'snapshots' || what === 'drills') return [202, backupOperation.parse(this.#operation())];
    if (what === 'restore-links') return [201, newRestoreLinkAnswer.parse(this.#newLink())];
    this.sets = this.sets.map((one) => (one === set ? changed(set, what) : one));
    return [200, this.sets.find(({ replicaSetId }) => replicaSetId === id)];
  }

  #operation(): BackupOperation {
    const running = this.operationReads-- > 0;
    const [newest] = this.timeline.snapshots;
    const startedAtMs = Date.now() - 1000;
    const still = {
      id: 'o1',
      kind: 'snapshot' as const,
      replicaSetId: 'rs-checkout',
      error: null,
      verify: null,
      drill: null,
    };
    return running
      ? { ...still, state: 'running', startedAtMs, endedAtMs: null, snapshot: null }
      : { ...still, state: 'done', startedAtMs, endedAtMs: Date.now(), snapshot: newest ?? null };
  }

  #newLink() {
    const now = Date.now();
    const link: RestoreLink = {
      id: 'x2',
      replicaSetId: 'rs-checkout',
      optime: data.optimeAt(now),
      format: 'archive',
      namespaces: [],
      selection: null,
      createdAtMs: now,
      expiresAtMs: now + 3_600_000,
      state: 'waiting',
      attempts: 0,
      sentBytes: 0,
      contentBytes: 6.4e11,
    };
    this.links = [...this.links, link];
    const url = 'https://leafward.example.net/restore/TOKEN/checkout.archive.gz';
    return { link, url, command: `set -o pipefail; curl -fsS '${url}' | mongorestore --archive --gzip` };
  }
}

const empty = { spans: [], holes: [], snapshots: [] };

function changed(set: BackupSet, what: string): BackupSet {
  switch (what) {
    case 'start':
      return { ...set, state: 'starting', status: { health: 'ok', word: 'starting' }, deletedAtMs: null };
    case 'resync':
      return { ...set, state: 'starting', status: { health: 'ok', word: 'starting' }, problem: null };
    case 'stop':
      return { ...set, state: 'stopped', status: { health: 'off', word: 'stopped' } };
    case 'terminate':
      return {
        ...set,
        state: 'terminating',
        status: { health: 'off', word: 'being deleted' },
        deletedAtMs: Date.now() + 72 * 3_600_000,
      };
    default:
      return set;
  }
}
