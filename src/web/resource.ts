import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, get, toApiError } from './api.ts';
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
    const reader = new Reader<T>(path, (data, error, retryAtMs) => {
      const before = state.current;
      const isAnswer = error === null;
      const fresh = isAnswer || before?.fresh === true;
      state.current = { path, data: isAnswer ? data : before?.data, fresh, error, retryAtMs };
      render((count) => count + 1);
    });
    trigger.current = () => reader.soon(0);
    const wanted = new Set(events.split(' '));
    const stops = [
      onStream((event) => wanted.has(event.type) && reader.soon(gapMs)),
      onReopen(() => reader.soon(0)),
      reader.followVisibility(),
    ];
    reader.soon(0);
    return () => {
      reader.stop();
      for (const stop of stops) stop();
    };
  }, [path, events]);
  const reload = useCallback(() => trigger.current(), []);
  const { data, fresh, error, retryAtMs } = state.current;
  return { data, fresh, error, retryAtMs, reload };
}

/** One path read again and again: never twice at once, a wish during a read is kept for after it. */
class Reader<T> {
  readonly #path: string;
  readonly #report: (data: T | undefined, error: ApiError | null, retryAtMs: number | null) => void;
  readonly #abort = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #reading = false;
  #again = false;
  #failures = 0;
  #lastAt = 0;

  constructor(path: string, report: (data: T | undefined, error: ApiError | null, retryAtMs: number | null) => void) {
    this.#path = path;
    this.#report = report;
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

  followVisibility(): () => void {
    const listener = () => {
      if (!document.hidden && this.#again) this.soon(0);
    };
    document.addEventListener('visibilitychange', listener);
    return () => document.removeEventListener('visibilitychange', listener);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
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
    try {
      const data = await get<T>(this.#path, this.#abort.signal);
      this.#failures = 0;
      keep(this.#path, data);
      this.#report(data, null, null);
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
    this.#report(undefined, error, final ? null : at);
    if (!final) this.#schedule(at);
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
