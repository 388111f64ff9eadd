import type { BackupSet } from '../../../wire/api/backups.ts';
import type { TopologyAnswer } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Shape } from '../../components/status.tsx';
import { ago, fullTime } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { BackupLine } from './restorable.tsx';

/** The sentence on top: what needs a person and the first useful action, or that all is well, or that we are blind. */
export function Verdict({
  topology,
  backups,
  onChanged,
}: {
  readonly topology: TopologyAnswer;
  readonly backups: ReadonlyMap<string, BackupSet>;
  readonly onChanged: () => void;
}) {
  const { verdict, blind } = topology;
  const { groupId, may } = useGroup();
  const acknowledge = useAction(async () => {
    await send('POST', `/groups/${groupId}/alerts/${verdict.alertId ?? ''}/acknowledge`);
    onChanged();
  });
  if (blind !== null) return <Blind sinceMs={blind.sinceMs} />;
  return (
    <section class={`verdict ${verdict.health}`} aria-label="What needs you now">
      <Shape health={verdict.health} />
      <h2>{verdict.title}</h2>
      <p>{verdict.detail}</p>
      <BackupLine backups={backups} />
      {acknowledge.error !== null && <ErrorBox error={acknowledge.error} />}
      {(verdict.hostId !== null || verdict.alertId !== null) && (
        <div class="actions">
          {verdict.hostId !== null && (
            <a class="button primary" href={groupPath(groupId, 'hosts', verdict.hostId)}>
              Open the host
            </a>
          )}
          {verdict.alertId !== null && may('monitoring.write') && (
            <button type="button" disabled={acknowledge.busy} onClick={() => acknowledge.run()}>
              Acknowledge
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** No agent reports: what is below is old. Hosts are unknown then, not down. */
function Blind({ sinceMs }: { readonly sinceMs: number | null }) {
  const { groupId } = useGroup();
  const zone = useZone();
  return (
    <section class="verdict blind" aria-label="What needs you now">
      <Shape health="unknown" />
      <h2>We are blind: no agent reports</h2>
      <p>
        {sinceMs === null ? 'No agent has reported yet.' : `Since ${fullTime(sinceMs, zone)} (${ago(sinceMs)}).`} The
        hosts below are unknown, not down: what you see is the last that was known. Look at the machine that the agent
        runs on.
      </p>
      <div class="actions">
        <a class="button primary" href={groupPath(groupId, 'agents')}>
          Open agents
        </a>
      </div>
    </section>
  );
}
