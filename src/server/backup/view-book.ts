import { timestampMs, timestampText } from '../../model/optime.ts';
import type { QueryThreads } from '../../query/query-threads.ts';
import { type SelectableSource, selectDocuments } from '../../query/selection.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { VaultService } from '../../vault/ports.ts';
import type { View, ViewChunk, ViewCollection } from '../../vault/view-ports.ts';
import type { Moment, Selection } from '../../wire/api/backup-reading.ts';
import type { HeldMoments } from './held-moments.ts';
import type { StreamSource } from './ports.ts';

export interface OpenView {
  readonly viewId: string;
  readonly groupId: string;
  readonly replicaSetId: string;
  /** Of chosen documents: their collection alone. */
  readonly view: View;
  readonly uuids: ReadonlySet<string>;
  readonly atMs: number;
  readonly chunks: StreamSource['chunks'];
  expiresAtMs: number;
  /** Its moment outlives a restart of the server until then. */
  heldUntilMs: number | null;
  /** Content that was handed out. */
  readBytes: number;
  readonly onClosed: ViewOptions['onClosed'];
}

export interface ViewOptions {
  readonly selection?: Selection | undefined;
  /** For long work that opens the same moment anew when the server was restarted. */
  readonly isHeld?: boolean;
  /** What is cut anew is compressed: for a reader at the other end of a network. */
  readonly packed?: boolean;
  /** After it was closed, by whom it was opened or because nobody read it. */
  readonly onClosed?: (view: OpenView) => Promise<unknown>;
}

/** Closed by itself when nobody reads it for so long. */
const idleMs = 3_600_000;
const perGroup = 100;
/** A restore that goes on for longer renews it. */
const heldMs = 2 * 3_600_000;

/** Views that are open, and whose they are: another group's is not there. */
export class ViewBook {
  readonly #vault: VaultService;
  readonly #clock: Clock;
  readonly #threads: QueryThreads;
  readonly #held: HeldMoments;
  readonly #views = new Map<string, OpenView>();

  constructor(
    context: { readonly vault: VaultService; readonly clock: Clock },
    parts: { readonly threads: QueryThreads; readonly held: HeldMoments },
  ) {
    this.#vault = context.vault;
    this.#clock = context.clock;
    this.#threads = parts.threads;
    this.#held = parts.held;
  }

  /** @throws INPUT_INVALID, NOT_RESTORABLE, NOT_FOUND (the selection's collection), TOO_MANY_ATTEMPTS when the group has too many open. */
  async open(groupId: string, replicaSetId: string, at: Moment, options: ViewOptions = {}): Promise<OpenView> {
    checkMoment(at);
    await this.closeIdle();
    if ([...this.#views.values()].filter((view) => view.groupId === groupId).length >= perGroup) {
      throw new AppError('TOO_MANY_ATTEMPTS', `the group has ${perGroup} views open`, {
        hint: 'Close some, or wait: one that is not read closes after an hour.',
        details: { retryAfterSeconds: 60 },
      });
    }
    const { viewId, view: whole } = await this.#vault.openView(groupId, replicaSetId, at, {
      // Chosen documents are read here.
      packed: options.packed === true && options.selection === undefined,
    });
    let chosen: Pick<OpenView, 'view' | 'chunks'>;
    try {
      chosen = this.#choose(viewId, whole, options.selection);
    } catch (thrown) {
      await this.#vault.closeView(viewId);
      throw thrown;
    }
    const { view, chunks } = chosen;
    const opened: OpenView = {
      viewId,
      groupId,
      replicaSetId,
      view,
      uuids: new Set(view.collections.map(({ info }) => info.uuid)),
      chunks,
      atMs: timestampMs(view.optime.ts),
      expiresAtMs: this.#clock.now() + idleMs,
      heldUntilMs: null,
      readBytes: 0,
      onClosed: options.onClosed,
    };
    this.#views.set(viewId, opened);
    if (options.isHeld === true) await this.#hold(opened);
    return opened;
  }

  async #hold(view: OpenView): Promise<void> {
    const { viewId, groupId, replicaSetId } = view;
    const untilMs = this.#clock.now() + heldMs;
    view.heldUntilMs = untilMs;
    const optime = timestampText(view.view.optime.ts);
    await this.#held.hold(viewId, groupId, replicaSetId, { optime }, untilMs);
  }

  #choose(viewId: string, view: View, selection: Selection | undefined): Pick<OpenView, 'view' | 'chunks'> {
    const whole: SelectableSource<ViewCollection> = {
      collections: view.collections,
      chunks: async (uuid, afterKey, maxBytes, signal) => {
        signal.throwIfAborted();
        return this.#vault.readView(viewId, uuid, afterKey, maxBytes);
      },
      byKey: (uuid, key) => this.#vault.findByKey(viewId, uuid, key),
    };
    if (selection === undefined) return { view, chunks: whole.chunks };
    const { collection, chunks } = selectDocuments(whole, selection, this.#threads);
    return { view: { ...view, collections: [collection] }, chunks };
  }

  /** The group's own view of that set; its hour begins anew. @throws NOT_FOUND */
  get(groupId: string, replicaSetId: string, viewId: string): OpenView {
    const view = this.#views.get(viewId);
    if (view === undefined || view.groupId !== groupId || view.replicaSetId !== replicaSetId) {
      throw new AppError('NOT_FOUND', 'there is no such view, or it was closed', {
        hint: 'Open one at the same optime and go on after the last key.',
      });
    }
    view.expiresAtMs = this.#clock.now() + idleMs;
    return view;
  }

  /** Collection after the key; at the end nothing more. @throws NOT_FOUND for a collection that the view does not hold. */
  async read(
    view: OpenView,
    uuid: string,
    after: Buffer | null,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<readonly ViewChunk[]> {
    if (!view.uuids.has(uuid)) {
      throw new AppError('NOT_FOUND', `the view holds no collection ${uuid}`);
    }
    if (view.heldUntilMs !== null && view.heldUntilMs - this.#clock.now() < heldMs / 2) await this.#hold(view);
    const chunks = await view.chunks(uuid, after, maxBytes, signal);
    for (const { contentBytes } of chunks) view.readBytes += contentBytes;
    return chunks;
  }

  /** For those who read it from the first collection to the last. */
  source(view: OpenView, sourceVersion: string | null): StreamSource {
    return {
      optime: view.view.optime,
      sourceVersion: sourceVersion ?? view.view.featureVersion,
      replicaSetId: view.replicaSetId,
      collections: view.view.collections,
      chunks: async (uuid, afterKey, maxBytes, signal) => {
        view.expiresAtMs = this.#clock.now() + idleMs;
        return this.read(view, uuid, afterKey, maxBytes, signal);
      },
      close: () => this.close(view),
    };
  }

  /** The document with this key, if it is there. */
  async byKey(view: OpenView, uuid: string, key: Buffer): Promise<Buffer | undefined> {
    return this.#vault.findByKey(view.viewId, uuid, key);
  }

  async close(view: OpenView): Promise<void> {
    const { viewId, heldUntilMs, onClosed } = view;
    const wasOpen = this.#views.delete(viewId);
    if (wasOpen) await this.#vault.closeView(viewId);
    if (heldUntilMs !== null) await this.#held.release(viewId);
    if (wasOpen) await onClosed?.(view);
  }

  async closeIdle(): Promise<void> {
    const now = this.#clock.now();
    for (const view of this.#views.values()) if (view.expiresAtMs <= now) await this.close(view);
  }
}

function checkMoment({ atMs, snapshotId, optime }: Moment): void {
  const given = [atMs, snapshotId, optime].filter((part) => part !== undefined);
  if (given.length === 1) return;
  throw new AppError('INPUT_INVALID', 'name one moment: atMs, snapshotId or optime', { details: { field: 'atMs' } });
}
