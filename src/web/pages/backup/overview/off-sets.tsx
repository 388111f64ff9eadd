import type { BackupSet } from '../../../../wire/api/backups.ts';
import { ColumnHeads } from '../../../components/column-heads.tsx';
import { narrow } from '../../../components/narrow.ts';
import { Pill } from '../../../components/status.tsx';
import { VirtualRows } from '../../../components/virtual-rows.tsx';
import { counted } from '../../../format.ts';
import { useGroup } from '../../../session.ts';

interface OffSetsProps {
  readonly sets: readonly BackupSet[];
  readonly onStart: (set: BackupSet) => void;
}

/** Sets of which nothing is kept, each with the one button that changes it. */
export function OffSets({ sets, onStart }: OffSetsProps) {
  const { may } = useGroup();
  return (
    <section class="card" aria-label="Not backed up">
      <header>
        <h2>Not backed up</h2>
        <span class="sub">{counted(sets.length, 'set')}: nothing of them could be brought back</span>
      </header>
      <table class="fixed off-sets">
        <caption class="sr">Replica sets that are not backed up</caption>
        <ColumnHeads columns={['Replica set', 'State', 'Members']} />
        <VirtualRows rows={sets} rowHeight={narrow.matches ? 132 : 48} columns={4}>
          {(set) => (
            <tr key={set.replicaSetId}>
              <td class="host" title={set.name}>
                <b>{set.name}</b>
              </td>
              <td>
                <Pill health="off" word="Off" />
              </td>
              <td class="sub" title={set.hosts.join(', ')}>
                {set.hosts.join(', ')}
              </td>
              <td class="acts">
                {may('backup.write') && (
                  <button type="button" class="primary" aria-label={`Back up ${set.name}`} onClick={() => onStart(set)}>
                    Back up
                  </button>
                )}
              </td>
            </tr>
          )}
        </VirtualRows>
      </table>
    </section>
  );
}
