import type { BackupSet } from '../../../../wire/api/backups.ts';
import { send } from '../../../api.ts';
import { Field } from '../../../components/field.tsx';
import { useGroup } from '../../../session.ts';
import { SettingsForm } from '../../settings/settings-form.tsx';
import { setPath } from '../use-backups.ts';

const mebibyte = 2 ** 20;

interface LimitsFormProps {
  readonly set: BackupSet;
  readonly onChanged: () => void;
}

/** How much of the source and of the agent's machine a scan may take. */
export function LimitsForm({ set, onChanged }: LimitsFormProps) {
  const { groupId, may } = useGroup();
  const { scanBytesPerSecond, scanThreads } = set.limits;
  return (
    <SettingsForm
      title="Limits of the initial sync"
      disabled={!may('backup.write')}
      save={async ({ mebibytes = '', threads = '' }) => {
        const limits = {
          scanBytesPerSecond: mebibytes === '' ? null : Math.round(Number(mebibytes) * mebibyte),
          scanThreads: Number(threads),
        };
        await send('PATCH', setPath(groupId, set.replicaSetId), { limits });
        onChanged();
      }}
    >
      <div class="pair">
        <Field
          label="Reads at most, MiB/s"
          name="mebibytes"
          type="number"
          min={0.1}
          step="any"
          value={scanBytesPerSecond === null ? '' : String(Number((scanBytesPerSecond / mebibyte).toFixed(2)))}
          help="Empty: as quick as it goes. It slows down by itself when the member lags."
        />
        <Field
          label="Threads"
          name="threads"
          type="number"
          min={1}
          max={64}
          step={1}
          required
          value={String(scanThreads)}
          help="On the agent's machine; each compresses about 80 MB/s."
        />
      </div>
    </SettingsForm>
  );
}
