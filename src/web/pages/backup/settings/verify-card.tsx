import type { BackupOperation, BackupSet } from '../../../../wire/api/backups.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Shape } from '../../../components/status.tsx';
import { counted, duration, size, whole } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { useClock } from '../../../zone.ts';
import { setPath } from '../use-backups.ts';
import { useOperation } from '../use-operation.ts';

const most = 20;

/** Reads every stored block of the set and says which are not what they were. */
export function VerifyCard({ set }: { readonly set: BackupSet }) {
  const { groupId, may } = useGroup();
  const now = useClock(1000);
  const verify = useOperation(groupId, `${setPath(groupId, set.replicaSetId)}/verify`, () => undefined);
  const { operation } = verify;
  return (
    <section class="card" aria-label="Check what is stored">
      <header>
        <h2>Check what is stored</h2>
      </header>
      <div class="body form">
        <p>Reads all {size(set.storedBytes + set.slicesBytes)} on the server's disk, and compares every hash.</p>
        {verify.error !== null && <ErrorBox error={verify.error} />}
        {operation?.verify != null && <Report report={operation.verify} />}
        <div class="buttons">
          <button type="button" disabled={verify.busy || !may('backup.write')} onClick={verify.run}>
            {verify.busy ? 'Checking' : 'Check'}
          </button>
          <span class="sub" role="status">
            {verify.busy && operation !== null && `for ${duration(Math.max(1000, now - operation.startedAtMs))}`}
          </span>
        </div>
      </div>
    </section>
  );
}

function Report({ report }: { readonly report: NonNullable<BackupOperation['verify']> }) {
  const { blocks, bytes, damage } = report;
  if (damage.length === 0) {
    return (
      <p class="promise" role="status">
        <Shape health="ok" />
        <span>
          {counted(blocks, 'block')}, {size(bytes)}: all are what they were.
        </span>
      </p>
    );
  }
  return (
    <div class="error" role="alert">
      <Shape health="bad" />
      <p>
        <b>{`${whole(damage.length)} of ${counted(blocks, 'block')} damaged.`}</b> Look at the disk. A full sync stores
        anew what the source still holds; these snapshots need what is damaged:
      </p>
      <ul>
        {damage.slice(0, most).map(({ block, why, snapshots }) => (
          <li key={block}>
            <code>{block.slice(0, 12)}</code> {why}: {snapshots.length === 0 ? 'no snapshot' : snapshots.join(', ')}
          </li>
        ))}
        {damage.length > most && <li>and {damage.length - most} more</li>}
      </ul>
    </div>
  );
}
