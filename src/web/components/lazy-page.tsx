import type { ComponentType, VNode } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** A page whose code is fetched when it is opened for the first time. */
export function lazyPage<P extends object>(load: () => Promise<ComponentType<P>>): (props: P) => VNode {
  let loaded: ComponentType<P> | null = null;
  return function LazyPage(props: P) {
    const [Page, setPage] = useState<ComponentType<P> | null>(() => loaded);
    const [failed, setFailed] = useState(false);
    const [attempt, setAttempt] = useState(0);
    useEffect(() => {
      if (Page !== null) return;
      setFailed(false);
      load().then(
        (component) => {
          loaded = component;
          setPage(() => component);
        },
        () => setFailed(true),
      );
    }, [Page, attempt]);
    if (Page !== null) return <Page {...props} />;
    if (!failed) return <div class="waiting" style={{ height: '600px' }} aria-busy="true" />;
    return <NotLoaded onRetry={() => setAttempt(attempt + 1)} />;
  };
}

function NotLoaded({ onRetry }: { readonly onRetry: () => void }) {
  return (
    <div class="card empty big" role="alert">
      <h1>This page could not be loaded</h1>
      <p>The server does not answer, or it was updated since you opened these pages.</p>
      <div class="buttons">
        <button type="button" class="primary" onClick={() => location.reload()}>
          Load all anew
        </button>
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      </div>
    </div>
  );
}
