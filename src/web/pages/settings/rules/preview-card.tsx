import type { AlertPreview, NewAlertRule } from '../../../../wire/api/alerts.ts';
import { timeTicks } from '../../../chart/time-axis.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { counted, duration, fullTime, whole } from '../../../format.ts';
import { useZone } from '../../../zone.ts';
import { usePreview } from './use-preview.ts';

const mostSubjects = 40;
const mostMarks = 150;

/** What the rule would have done in the last week: one strip a subject, before anything is saved. */
export function PreviewCard({ draft }: { readonly draft: NewAlertRule }) {
  const { answer, error, busy } = usePreview(draft);
  return (
    <section class="card preview-card" aria-label="The last week" aria-busy={busy}>
      <header>
        <h2>In the last week</h2>
        <span class="sub" role="status">
          {busy ? 'Looking back …' : answer === null ? '' : summary(answer)}
        </span>
      </header>
      {error !== null && <ErrorBox error={error} />}
      {answer === null ? (
        error === null && <div class="waiting strips-waiting" aria-busy="true" />
      ) : (
        <Strips answer={answer} severity={draft.severity} old={busy} />
      )}
    </section>
  );
}

/** `it would have opened 7 alerts on 3 of 20 and sent 12 messages`. */
export function summary({ history, alerts, notifications, subjects, watched, walked }: AlertPreview): string {
  if (history === 'none') return 'it cannot be said';
  const hit = subjects.filter(({ intervals }) => intervals.length > 0).length;
  const of = walked < watched ? `${whole(walked)} looked at, of ${whole(watched)}` : whole(watched);
  if (alerts === 0) return `it would have opened no alert (on ${of})`;
  return `it would have opened ${counted(alerts, 'alert')} on ${whole(hit)} of ${of}, and sent ${counted(notifications, 'message')}`;
}

type Subject = AlertPreview['subjects'][number];

interface StripsProps {
  readonly answer: AlertPreview;
  readonly severity: NewAlertRule['severity'];
  readonly old: boolean;
}

function Strips({ answer, severity, old }: StripsProps) {
  const zone = useZone();
  const { fromMs, toMs, subjects, note, history } = answer;
  const openMs = ({ intervals }: Subject) =>
    intervals.reduce((sum, { fromMs: from, toMs: to }) => sum + (to ?? toMs) - from, 0);
  const hit = subjects
    .filter(({ intervals }) => intervals.length > 0)
    .toSorted((a, b) => b.intervals.length - a.intervals.length || openMs(b) - openMs(a));
  const days = timeTicks(fromMs, toMs, 8, zone);
  return (
    <div class={old ? 'body strips old' : 'body strips'}>
      {note !== null && <p class="sub">{note}</p>}
      {history !== 'none' && hit.length === 0 && <p>It would not have opened once.</p>}
      {hit.length > 0 && (
        <>
          <ul>
            {hit.slice(0, mostSubjects).map((one) => (
              <li key={one.subject.id}>
                <span class="clip" title={one.subject.label}>
                  {one.subject.label}
                </span>
                <Strip subject={one} answer={answer} severity={severity} />
                <span class="sub num">
                  {counted(one.intervals.length, 'alert')}, {duration(Math.max(1000, openMs(one)))}
                </span>
              </li>
            ))}
          </ul>
          <div class="strip-days" aria-hidden="true">
            {days.timesMs.map((ms, at) => (
              <span key={ms} style={{ left: `${(100 * (ms - fromMs)) / (toMs - fromMs)}%` }}>
                {days.labels[at]}
              </span>
            ))}
          </div>
        </>
      )}
      {hit.length > mostSubjects && <p class="sub">and {whole(hit.length - mostSubjects)} more</p>}
      <p class="sr">
        From {fullTime(fromMs, zone)} to {fullTime(toMs, zone)}.
      </p>
    </div>
  );
}

interface StripProps {
  readonly subject: Subject;
  readonly answer: AlertPreview;
  readonly severity: NewAlertRule['severity'];
}

/** One subject's week as a bar: filled where its alert would have been open. */
function Strip({ subject, answer: { fromMs, toMs }, severity }: StripProps) {
  const zone = useZone();
  const at = (ms: number) => (1000 * (Math.min(Math.max(ms, fromMs), toMs) - fromMs)) / (toMs - fromMs);
  const longest = Math.max(...subject.intervals.map(({ fromMs: from, toMs: to }) => (to ?? toMs) - from));
  const first = subject.intervals[0];
  const words = `${subject.subject.label}: ${counted(subject.intervals.length, 'alert')}, the longest ${duration(Math.max(1000, longest))}, the first ${first === undefined ? '' : fullTime(first.fromMs, zone)}`;
  return (
    <svg class={`strip is-${severity}`} viewBox="0 0 1000 16" preserveAspectRatio="none" role="img" aria-label={words}>
      <rect class="rail" width="1000" height="16" />
      {subject.intervals.slice(0, mostMarks).map(({ fromMs: from, toMs: to }) => (
        <rect key={from} fill="currentColor" x={at(from)} width={Math.max(3, at(to ?? toMs) - at(from))} height="16" />
      ))}
    </svg>
  );
}
