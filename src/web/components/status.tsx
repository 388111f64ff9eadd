import type { Health, Status } from '../../wire/api/common.ts';
import { capital, duration } from '../format.ts';

export type ShapeKind = Health | 'busy';

/** The shape of a state in its colour: ● ▲ ■ ◌ –; the word stands beside it. */
export function Shape({ health }: { readonly health: ShapeKind }) {
  return (
    <svg class={`is-${health}`} width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">
      {shapes[health]()}
    </svg>
  );
}

const shapes = {
  ok: () => <circle cx="6" cy="6" r="4" fill="currentColor" />,
  warn: () => (
    <path fill="currentColor" d="M6.9 1.6 11.3 9.4a1 1 0 0 1-.9 1.5H1.6a1 1 0 0 1-.9-1.5L5.1 1.6a1 1 0 0 1 1.8 0Z" />
  ),
  bad: () => (
    <>
      <rect x="1" y="1" width="10" height="10" rx="2" fill="currentColor" />
      <path d="m4 4 4 4m0-4L4 8" stroke="var(--surface)" stroke-width="1.5" stroke-linecap="round" />
    </>
  ),
  unknown: () => (
    <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 2" />
  ),
  off: () => <path d="M2 6h8" stroke="currentColor" stroke-width="2" stroke-linecap="round" />,
  busy: () => (
    <>
      <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" stroke-width="1.5" />
      <path d="M6 1.8a4.2 4.2 0 0 1 0 8.4Z" fill="currentColor" />
    </>
  ),
} as const;

interface PillProps {
  readonly health: ShapeKind;
  readonly word: string;
  readonly boxed?: boolean;
  readonly title?: string | undefined;
}

export function Pill({ health, word, boxed = false, title }: PillProps) {
  return (
    <span class={`pill${boxed ? ` boxed ${health}` : ''}`} title={title}>
      <Shape health={health} />
      {word}
    </span>
  );
}

/** A state with its reason and its age on hover. */
export function StatusPill({ status, boxed = false }: { readonly status: Status; readonly boxed?: boolean }) {
  const since = status.sinceMs === undefined ? '' : `For ${duration(Date.now() - status.sinceMs)}. `;
  const title = `${since}${status.detail ?? ''}`.trim();
  return (
    <Pill health={status.health} word={capital(status.word)} boxed={boxed} title={title === '' ? undefined : title} />
  );
}
