import type { Moment } from '../../wire/api/backup-reading.ts';
import type { OpenView, ViewBook } from './view-book.ts';

interface Shared {
  readonly groupId: string;
  readonly view: Promise<OpenView>;
  users: number;
  usedAtMs: number;
}

/** A person asks again and again about one moment: what was folded for it is kept for so long after the last question. */
const idleMs = 60_000;
const perGroup = 4;

/** Views that several questions about one moment have in common; a moment never changes. */
export class SharedViews {
  readonly #views: ViewBook;
  readonly #shared = new Map<string, Shared>();

  constructor(views: ViewBook) {
    this.#views = views;
  }

  /** Lends the view of this moment to `work`. @throws as ViewBook.open */
  async with<T>(groupId: string, replicaSetId: string, at: Moment, work: (view: OpenView) => Promise<T>): Promise<T> {
    const key = JSON.stringify([groupId, replicaSetId, at.atMs ?? null, at.snapshotId ?? null, at.optime ?? null]);
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { groupId, view: this.#views.open(groupId, replicaSetId, at), users: 0, usedAtMs: performance.now() };
      this.#shared.set(key, shared);
    }
    shared.users++;
    try {
      const view = await shared.view;
      await this.#makeRoom(groupId);
      return await work(view);
    } catch (thrown) {
      // Closed by the vault, deleted, or never there: the next question opens it anew.
      if (this.#shared.get(key) === shared) this.#shared.delete(key);
      throw thrown;
    } finally {
      shared.users--;
      shared.usedAtMs = performance.now();
      if (shared.users === 0 && this.#shared.get(key) !== shared) await this.#close(shared);
    }
  }

  async closeIdle(): Promise<void> {
    for (const [key, shared] of this.#shared) {
      if (shared.users === 0 && performance.now() - shared.usedAtMs > idleMs) await this.#end(key, shared);
    }
  }

  async #makeRoom(groupId: string): Promise<void> {
    await this.closeIdle();
    const own = [...this.#shared].filter(([, shared]) => shared.groupId === groupId);
    const unused = own.filter(([, { users }]) => users === 0).toSorted(([, a], [, b]) => a.usedAtMs - b.usedAtMs);
    for (const [key, shared] of unused.slice(0, Math.max(0, own.length - perGroup))) await this.#end(key, shared);
  }

  async #end(key: string, shared: Shared): Promise<void> {
    this.#shared.delete(key);
    await this.#close(shared);
  }

  async #close({ view }: Shared): Promise<void> {
    const opened = await view.catch(() => undefined);
    if (opened !== undefined) await this.#views.close(opened);
  }
}
