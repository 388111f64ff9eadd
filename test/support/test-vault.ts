import { createHash, randomBytes } from 'node:crypto';
import { type Optime, parseTimestamp, timestampText } from '../../src/model/optime.ts';
import { AppError } from '../../src/runtime/errors.ts';
import type { DocumentHistory, DocumentVersion } from '../../src/vault/document-history.ts';
import type {
  CheckProgress,
  SetSettings,
  SnapshotCheck,
  VaultService,
  VaultSet,
  VerifyReport,
} from '../../src/vault/ports.ts';
import type { View, ViewChunk } from '../../src/vault/view-ports.ts';
import type { Moment } from '../../src/wire/api/backup-reading.ts';
import type { BackupTimeline, Snapshot, WriteSources } from '../../src/wire/api/backups.ts';
import type {
  BlocksHead,
  HaveRequest,
  OptimeMessage,
  ScanBeginRequest,
  ScanFinishRequest,
  ScanPlanRequest,
  ScanState,
  SlicesAnswer,
  SlicesHead,
} from '../../src/wire/backup-messages.ts';

type Changeable = { -readonly [K in keyof VaultSet]: VaultSet[K] };

/**
 * The words of a vault without its store: what the server's routes do with them can be tested in a few milliseconds. Every
 * call is noted; what a set is can be changed by the test.
 */
export class TestVault implements VaultService {
  readonly calls: string[] = [];
  readonly kept = new Map<string, Changeable>();
  readonly chunks = new Map<string, ViewChunk[]>();
  view: View = { optime: { ts: 0n, term: 0 }, featureVersion: null, collections: [] };
  versions: DocumentVersion[] = [];
  damage: VerifyReport['damage'] = [];
  /** What the check of a snapshot finds. */
  unreadable: SnapshotCheck['damage'] = [];
  checking: CheckProgress | null = null;
  checkFails: Error | undefined;
  /** Snapshots wait for it. */
  gate: Promise<void> = Promise.resolve();
  freeBytes: number | null = 1e12;
  /** Until when moments are held. */
  readonly held: number[] = [];
  readonly #open = new Set<string>();
  #snapshots: Snapshot[] = [];

  of(groupId: string, replicaSetId: string): Changeable {
    const found = this.kept.get(`${groupId}/${replicaSetId}`);
    if (found === undefined) throw new AppError('NOT_FOUND', 'the vault knows no such set');
    return found;
  }
  openViews(): number {
    return this.#open.size;
  }

  async sets(groupId: string) {
    return [...this.kept.values()].filter((set) => set.groupId === groupId).map((set) => ({ ...set }));
  }
  async set(groupId: string, replicaSetId: string) {
    const found = this.kept.get(`${groupId}/${replicaSetId}`);
    return found === undefined ? undefined : { ...found };
  }
  async blockKey(groupId: string) {
    return createHash('sha256').update(groupId).digest();
  }
  async start(groupId: string, replicaSetId: string, name: string, settings: SetSettings) {
    this.calls.push(`start ${name}`);
    const before = this.kept.get(`${groupId}/${replicaSetId}`);
    if (before !== undefined) {
      Object.assign(before, { standing: 'active', deleteAtMs: null, settings });
      return;
    }
    this.kept.set(`${groupId}/${replicaSetId}`, {
      ...nothingYet,
      groupId,
      replicaSetId,
      name,
      settings,
      scan: newScan('full'),
    });
  }
  async configure(groupId: string, replicaSetId: string, settings: SetSettings) {
    this.of(groupId, replicaSetId).settings = settings;
  }
  async stop(groupId: string, replicaSetId: string) {
    this.calls.push('stop');
    this.of(groupId, replicaSetId).standing = 'stopped';
  }
  async terminate(groupId: string, replicaSetId: string, deleteAtMs: number) {
    this.calls.push('terminate');
    Object.assign(this.of(groupId, replicaSetId), { standing: 'terminating', deleteAtMs });
  }
  async requestScan(groupId: string, replicaSetId: string, kind: 'full' | 'resync') {
    this.calls.push(`scan ${kind}`);
    this.of(groupId, replicaSetId).scan = newScan(kind);
  }
  async markLost(groupId: string, replicaSetId: string, code: string, message: string) {
    this.calls.push(`lost ${code}`);
    this.of(groupId, replicaSetId).lost = { code, message, sinceMs: 1 };
  }
  async scanState(groupId: string, replicaSetId: string) {
    return this.of(groupId, replicaSetId).scan;
  }
  async beginScan(groupId: string, request: ScanBeginRequest) {
    const set = this.of(groupId, request.replicaSetId);
    set.scan = { ...(set.scan ?? newScan('full')), from: request.from };
    return set.scan;
  }
  async planScan(groupId: string, request: ScanPlanRequest) {
    const set = this.of(groupId, request.replicaSetId);
    set.scan = { ...(set.scan ?? newScan('full')), planned: request.last };
    return set.scan;
  }
  async addBlocks(_groupId: string, head: BlocksHead, blocks: Buffer) {
    this.calls.push(`blocks ${head.pieces.length} ${blocks.length}`);
    return { newBytes: blocks.length };
  }
  async have(_groupId: string, request: HaveRequest) {
    return request.ids.map((id) => id.startsWith('0'));
  }
  async finishScan(groupId: string, request: ScanFinishRequest) {
    this.calls.push('finish');
    const set = this.of(groupId, request.replicaSetId);
    set.scan = null;
    set.restorable = { from: optime(request.until), until: optime(request.until) };
  }
  async appendSlices(groupId: string, head: SlicesHead, frames: Buffer): Promise<SlicesAnswer> {
    this.calls.push(`slices ${head.slices.length} ${frames.length}`);
    const set = this.of(groupId, head.replicaSetId);
    const [first] = head.slices;
    const last = head.slices.at(-1);
    const checkpoint = set.checkpoint === null ? null : timestampText(set.checkpoint.ts);
    if (first === undefined || last === undefined || (first.after?.ts ?? null) !== checkpoint) {
      throw new AppError('SLICE_GAP', 'the slice does not begin where the log ends', {
        details: { checkpoint: { ts: checkpoint, term: set.checkpoint?.term }, chain: '0'.repeat(64) },
      });
    }
    set.checkpoint = optime(last.last);
    return { checkpoint: last.last, chain: last.chain };
  }
  async snapshots() {
    return this.#snapshots;
  }
  async takeSnapshot(_groupId: string, _replicaSetId: string): Promise<Snapshot> {
    this.calls.push('snapshot');
    await this.gate;
    const made = { ...plainSnapshot, id: `s${this.#snapshots.length + 1}` };
    this.#snapshots.push(made);
    return made;
  }
  async deleteSnapshot(_groupId: string, _replicaSetId: string, snapshotId: string) {
    const kept = this.#snapshots.filter(({ id }) => id !== snapshotId);
    if (kept.length === this.#snapshots.length) throw new AppError('NOT_FOUND', `there is no snapshot ${snapshotId}`);
    this.#snapshots = kept;
  }
  async timeline(): Promise<BackupTimeline> {
    return { spans: [{ fromMs: 1000, untilMs: 5000 }], holes: [], snapshots: [...this.#snapshots] };
  }
  async writeSources(_group: string, _set: string, fromMs: number, untilMs: number): Promise<WriteSources> {
    return { bucketMs: 60_000, namespaces: [{ namespace: 'shop.orders', points: [[fromMs, untilMs - fromMs, 2]] }] };
  }
  async hold(_groupId: string, _id: string, _at: Moment, untilMs: number) {
    this.held.push(untilMs);
    return this.view.optime.ts;
  }
  async openView(_groupId: string, _replicaSetId: string, at: Moment) {
    this.calls.push(`view ${JSON.stringify(at)}`);
    if (at.atMs !== undefined && at.atMs < 1000) {
      throw new AppError('NOT_RESTORABLE', 'nothing can be restored from before 1970-01-01T00:00:01Z');
    }
    const viewId = randomBytes(8).toString('hex');
    this.#open.add(viewId);
    return { viewId, view: this.view };
  }
  async readView(viewId: string, uuid: string, afterKey: Buffer | null, maxBytes: number) {
    if (!this.#open.has(viewId)) throw new AppError('NOT_FOUND', 'there is no such view');
    const all = this.chunks.get(uuid) ?? [];
    const from = afterKey === null ? 0 : all.findIndex(({ lastKey }) => lastKey.equals(afterKey)) + 1;
    const answer: ViewChunk[] = [];
    let bytes = 0;
    for (const chunk of all.slice(from)) {
      if (answer.length > 0 && bytes + chunk.contentBytes > maxBytes) break;
      bytes += chunk.contentBytes;
      answer.push(chunk);
    }
    return answer;
  }
  findByKey: VaultService['findByKey'] = async () => undefined;
  async closeView(viewId: string) {
    this.#open.delete(viewId);
  }
  async history(): Promise<DocumentHistory> {
    return { versions: this.versions, exactFrom: this.versions[0]?.optime ?? null, cut: null };
  }
  async verify(): Promise<VerifyReport> {
    await this.gate;
    return { blocks: 10, bytes: 1000, damage: this.damage };
  }
  async checkSnapshot(): Promise<SnapshotCheck> {
    await this.gate;
    if (this.checkFails !== undefined) throw this.checkFails;
    return { collections: 1, documents: 3, bytes: 100, damage: this.unreadable };
  }
  async checkProgress(): Promise<CheckProgress | null> {
    return this.checking;
  }
  async use() {
    return { bytes: 1e9, deadBytes: 1e6, plainBytes: 0, freeBytes: this.freeBytes, recoveryKit: 'notNeeded' as const };
  }
  async close() {}
}

function newScan(kind: ScanState['kind']): ScanState {
  return { scanId: randomBytes(4).toString('hex'), kind, only: null, from: null, parts: [], planned: false };
}

function optime({ ts, term }: OptimeMessage): Optime {
  return { ts: parseTimestamp(ts), term };
}

const nothingYet = {
  standing: 'active',
  deleteAtMs: null,
  lost: null,
  scanProgress: null,
  checkpoint: null,
  chain: null,
  restorable: null,
  foldProblem: null,
  snapshots: 0,
  lastSnapshotAtMs: null,
  nextSnapshotAtMs: null,
  contentBytes: 0,
  storedBytes: 0,
  slicesBytes: 0,
} as const;

const plainSnapshot: Snapshot = {
  id: 's1',
  optime: { ts: '5:1', term: 1 },
  atMs: 5000,
  takenAtMs: 6000,
  reason: 'demand',
  keptAs: [],
  expiresAtMs: null,
  collections: 1,
  documents: 3,
  contentBytes: 100,
  readBytes: 10,
  newBytes: 5,
  tookMs: 2,
};
