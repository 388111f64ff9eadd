import type { BackupSet } from '../../../../wire/api/backups.ts';
import { WhyNot } from '../../../components/why-not.tsx';
import { EndCard } from './end-card.tsx';
import { FilterForm } from './filter-form.tsx';
import { LimitsForm } from './limits-form.tsx';
import { ScheduleForm } from './schedule-form.tsx';
import { VerifyCard } from './verify-card.tsx';

interface SetSettingsPageProps {
  readonly set: BackupSet;
  readonly onChanged: () => void;
}

/** How often, how long, what, how quick; and the end of it. */
export function SetSettingsPage({ set, onChanged }: SetSettingsPageProps) {
  if (set.state === 'off') {
    return <p class="card empty">There is nothing to set while this set is not backed up.</p>;
  }
  if (set.state === 'terminating') {
    return (
      <>
        <EndCard set={set} onChanged={onChanged} />
        <ScheduleForm set={set} onChanged={onChanged} />
      </>
    );
  }
  return (
    <>
      <WhyNot permission="backup.write" what="change or end this backup" />
      <div class="grid2">
        <ScheduleForm set={set} onChanged={onChanged} />
        <div class="stack">
          <FilterForm set={set} onChanged={onChanged} />
          <LimitsForm set={set} onChanged={onChanged} />
          <VerifyCard set={set} />
          <EndCard set={set} onChanged={onChanged} />
        </div>
      </div>
    </>
  );
}
