import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { Mark } from '../../components/icon.tsx';

/** The frame of the pages before the sign-in. */
export function Gate({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Leafward`;
  }, [title]);
  return (
    <main class="gate" id="main">
      <div class="brand">
        <Mark />
        <span>Leafward</span>
      </div>
      <div class="card">
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}
