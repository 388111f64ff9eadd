import { useEffect, useState } from 'preact/hooks';
import type { AlertPreview, NewAlertRule } from '../../../../wire/api/alerts.ts';
import { type ApiError, send, toApiError } from '../../../api.ts';
import { useGroup } from '../../../session.ts';
import { missing, ruleBody } from './rule-draft.ts';

export interface Preview {
  /** The newest answer; stays while the next is on its way. */
  readonly answer: AlertPreview | null;
  readonly error: ApiError | null;
  readonly busy: boolean;
}

const week = 7 * 86_400_000;
const pauseMs = 700;

/** What the rule would have done in the last week; asked again a moment after the last change. */
export function usePreview(draft: NewAlertRule): Preview {
  const { groupId } = useGroup();
  const [preview, setPreview] = useState<Preview>({ answer: null, error: null, busy: true });
  const body = ruleBody(draft);
  // The name changes nothing, but the server wants one.
  const key = missing(draft) === null ? JSON.stringify({ ...body, name: 'preview' }) : null;
  useEffect(() => {
    if (key === null) return setPreview((before) => ({ ...before, busy: false }));
    const abort = new AbortController();
    setPreview((before) => ({ ...before, busy: true }));
    const timer = setTimeout(() => {
      const to = Date.now();
      const request = { rule: JSON.parse(key) as NewAlertRule, from: to - week, to };
      send<AlertPreview>('POST', `/groups/${groupId}/alert-rules/preview`, request, abort.signal).then(
        (answer) => setPreview({ answer, error: null, busy: false }),
        (thrown: unknown) => {
          if (!abort.signal.aborted) setPreview((before) => ({ ...before, error: toApiError(thrown), busy: false }));
        },
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [groupId, key]);
  return preview;
}
