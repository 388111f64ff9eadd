import type { ApiError } from '../api.ts';
import { duration } from '../format.ts';
import { useClock } from '../zone.ts';
import { Shape } from './status.tsx';

interface ErrorBoxProps {
  readonly error: ApiError;
  readonly retryAtMs?: number | null;
  readonly onRetry?: () => void;
}

/** What went wrong, the next step, and when it is tried again. Stands where the data would be. */
export function ErrorBox({ error, retryAtMs = null, onRetry }: ErrorBoxProps) {
  return (
    <div class="error" role="alert">
      <Shape health="bad" />
      <p>
        <b>{error.message.replace(/\.$/, '')}.</b> {error.hint}
      </p>
      {retryAtMs !== null && <RetryLine atMs={retryAtMs} onRetry={onRetry} />}
    </div>
  );
}

function RetryLine({ atMs, onRetry }: { readonly atMs: number; readonly onRetry: (() => void) | undefined }) {
  const now = useClock(1000);
  return (
    <p class="small" aria-live="off">
      Next try in {duration(Math.max(1000, Math.ceil((atMs - now) / 1000) * 1000))}.{' '}
      {onRetry !== undefined && (
        <button type="button" class="link" onClick={onRetry}>
          Try now
        </button>
      )}
    </p>
  );
}
