import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, changesSent, get, toApiError } from './api.ts';
import { onReopen, onStream, type StreamType } from './stream.ts';

export interface Resource<T> {
  /** The newest answer; stays while a later read fails. */
  readonly data: T | undefined;
  /** It was read since this was asked for; else it is what was kept of an earlier page. */
  readonly fresh: boolean;
  readonly error: ApiError | null;
  readonly retryAtMs: number | null;
  readonly reload: () => void;
}

interface Kept<T> extends Omit<Resource<T>, 'reload'> {
  readonly path: string | null;
}

/** Last answers by path, so that going back shows the page at once and without jumps. */
const kept = new Map<string, unknown>();
const keptMost = 50;
const gapMs = 1000;
/** What is read now, by path: what the frame and the page both show is read once. */
const readers = new Map<string, Reader>();

/** Forgets all answers: another person signs in. */
export function forgetAnswers(): void {
  kept.clear();
}

/**
 * Reads a path of the API, again when one of the named stream events arrives (at most once a second, and not while the
 * page is hidden), and with growing pauses while it fails. `null`: nothing to read.
 */
export function useResource<T>(path: string | null, on: readonly StreamType[] = []): Resource<T> {
  const [, render] = useState(0);
  const state = useRef<Kept<T> | null>(null);
  if (state.current === null || state.current.path !== path) {
    const data = path === null ? undefined : (kept.get(path) as T | undefined);
    state.current = { path, data, fresh: false, error: null, retryAtMs: null };
  }
  const trigger = useRef<() => void>(() => {});
  const events = on.join(' ');
  useEffect(() => {
    if (path === null) return;
    const reader = readers.get(path) ?? new Reader(path);
    trigger.current = () => reader.soon(0);
    return reader.follow(new Set(events.split(' ')), ({ data, error, retryAtMs }) => {
      const before = state.current;
      const isAnswer = error === null;
      const fresh = isAnswer || before?.fresh === true;
      state.current = { path, data: isAnswer ? (data as T) : before?.data, fresh, error, retryAtMs };
      render((count) => count + 1);
    });
  }, [path, events]);
  const reload = useCallback(() => trigger.current(), []);
  const { data, fresh, error, retryAtMs } = state.current;
  return { data, fresh, error, retryAtMs, reload };
}

interface Outcome {
  readonly data: unknown;
  readonly error: ApiError | null;
  readonly retryAtMs: number | null;
}
interface Follower {
  readonly wanted: ReadonlySet<string>;
  readonly report: (outcome: Outcome) => void;
}

/** One path read again and again for all who follow it: never twice at once, a wish during a read is kept for after it. */
class Reader {
  readonly #path: string;
  readonly #abort = new AbortController();
  readonly #followers = new Set<Follower>();
  readonly #stops: readonly (() => void)[];
  #outcome: Outcome | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #reading = false;
  #again = false;
  #failures = 0;
  #lastAt = 0;
  #changesThen = 0;

  constructor(path: string) {
    this.#path = path;
    readers.set(path, this);
    const onVisible = () => {
      if (!document.hidden && this.#again) this.soon(0);
    };
    document.addEventListener('visibilitychange', onVisible);
    this.#stops = [
      onStream(({ type }) => {
        for (const { wanted } of this.#followers) if (wanted.has(type)) return this.soon(gapMs);
      }),
      onReopen(() => this.soon(0)),
      () => document.removeEventListener('visibilitychange', onVisible),
    ];
  }

  /** Tells every outcome from now on, and reads unless what is there is of this very moment. Returns the way to stop. */
  follow(wanted: ReadonlySet<string>, report: (outcome: Outcome) => void): () => void {
    const follower = { wanted, report };
    this.#followers.add(follower);
    if (!this.#isOfNow()) this.soon(0);
    else if (this.#outcome !== null) report(this.#outcome);
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#stop();
    };
  }

  soon(least: number): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    const at = Math.max(Date.now(), this.#lastAt + least);
    if (at >= this.#dueAt) return;
    this.#schedule(at);
  }

  /** It is being read, or was read less than a second ago, and this page has changed nothing since. */
  #isOfNow(): boolean {
    const answered = this.#outcome !== null && this.#outcome.error === null && Date.now() - this.#lastAt < gapMs;
    return (this.#reading || answered) && this.#changesThen === changesSent();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    for (const stop of this.#stops) stop();
    if (readers.get(this.#path) === this) readers.delete(this.#path);
  }

  #schedule(at: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => void this.#read(), Math.max(0, at - Date.now()));
  }

  async #read(): Promise<void> {
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (document.hidden && this.#lastAt > 0) {
      this.#again = true;
      return;
    }
    this.#reading = true;
    this.#again = false;
    this.#lastAt = Date.now();
    this.#changesThen = changesSent();
    try {
      const data = await get<unknown>(this.#path, this.#abort.signal);
      this.#failures = 0;
      keep(this.#path, data);
      this.#report({ data, error: null, retryAtMs: null });
    } catch (thrown) {
      if (this.#abort.signal.aborted) return;
      this.#failed(toApiError(thrown));
    } finally {
      this.#reading = false;
    }
    if (this.#again) this.soon(gapMs);
  }

  #failed(error: ApiError): void {
    const final = error.status >= 400 && error.status < 500 && error.status !== 429;
    const pause = Math.min(30_000, 2000 * 2 ** Math.min(this.#failures++, 4));
    const at = Date.now() + pause;
    this.#report({ data: undefined, error, retryAtMs: final ? null : at });
    if (!final) this.#schedule(at);
  }

  #report(outcome: Outcome): void {
    this.#outcome = outcome;
    for (const { report } of this.#followers) report(outcome);
  }
}

function keep(path: string, data: unknown): void {
  kept.delete(path);
  kept.set(path, data);
  for (const oldest of kept.keys()) {
    if (kept.size <= keptMost) return;
    kept.delete(oldest);
  }
}
