import type { ComponentChildren } from 'preact';
import type { Resource } from '../resource.ts';
import { ErrorBox } from './error-box.tsx';

interface LoadedProps<T> {
  readonly from: Resource<T>;
  /** Height kept while nothing is there yet, px. */
  readonly height?: number;
  readonly children: (data: T) => ComponentChildren;
}

/** What a resource shows: a still place while it loads, the data, and when a later read fails the old data in grey. */
export function Loaded<T>({ from, height = 160, children }: LoadedProps<T>) {
  const { data, error, retryAtMs, reload } = from;
  return (
    <>
      {error !== null && <ErrorBox error={error} retryAtMs={retryAtMs} onRetry={reload} />}
      {data === undefined ? (
        error === null && <div class="waiting" style={{ height: `${height}px` }} aria-busy="true" />
      ) : (
        <div class={error === null ? 'fresh' : 'fresh old'}>{children(data)}</div>
      )}
    </>
  );
}
