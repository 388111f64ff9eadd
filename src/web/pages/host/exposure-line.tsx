import { useContext } from 'preact/hooks';
import type { HostExposure } from '../../../wire/api/exposure.ts';
import { useAction } from '../../components/action.ts';
import { Shape, type ShapeKind } from '../../components/status.tsx';
import { ago } from '../../format.ts';
import { GroupContext } from '../../session.ts';
import { hostPath } from './host-data.ts';
import type { PagePort } from './page-port.ts';

interface ExposureLineProps {
  readonly groupId: string;
  readonly hostId: string;
  readonly exposure: HostExposure;
  readonly nowMs: number;
  readonly port: PagePort;
}

const words = {
  private: 'no public address',
  closed: 'closed',
  otherService: 'port open, not MongoDB',
  mongodb: 'MongoDB answers',
  open: 'open to anybody',
} as const;
const shapes: Readonly<Record<HostExposure['severity'], ShapeKind>> = {
  ok: 'ok',
  info: 'off',
  warn: 'warn',
  bad: 'bad',
  unknown: 'unknown',
};

/** What the last look from outside found: a line under the host's name, with the whole sentence when there is something to do. */
export function ExposureLine({ groupId, hostId, exposure, nowMs, port }: ExposureLineProps) {
  const mayLook = useContext(GroupContext)?.may('group.own') ?? false;
  const look = useAction(() => port.post(`${hostPath(groupId, hostId)}/exposure`, AbortSignal.timeout(30_000)));
  const { finding, severity, seenFrom, detail } = exposure;
  const from = seenFrom.address === null ? seenFrom.host : `${seenFrom.host} (${seenFrom.address})`;
  return (
    <section class="exposure" aria-label="Seen from outside">
      <p>
        <Shape health={shapes[severity]} />
        <span>
          From outside: <b>{finding === null ? 'not known' : words[finding]}</b>
        </span>
        <span class="sub">
          seen by {from} {ago(exposure.atMs, nowMs)}
        </span>
        {mayLook && (
          <button type="button" disabled={look.busy} onClick={() => look.run()}>
            {look.busy ? 'Looking' : 'Check now'}
          </button>
        )}
        <span class="sub" role="status">
          {look.error?.message ?? ''}
        </span>
      </p>
      {severity !== 'ok' && <p class="sub">{detail}</p>}
    </section>
  );
}
