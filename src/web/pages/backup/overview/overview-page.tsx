import { useMemo, useState } from 'preact/hooks';
import type { BackupStore } from '../../../../wire/api/backup-store.ts';
import type { BackupSet } from '../../../../wire/api/backups.ts';
import type { Agent } from '../../../../wire/api/deployment.ts';
import { Icon } from '../../../components/icon.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { NearList } from '../../../components/near-list.tsx';
import { WhyNot } from '../../../components/why-not.tsx';
import { counted, duration, size, whole } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { byNeed } from '../protection.ts';
import { sharedWords } from '../shared-words.ts';
import { useBackups } from '../use-backups.ts';
import { AgentStep } from './agent-step.tsx';
import { BackupVerdict } from './backup-verdict.tsx';
import { OffSets } from './off-sets.tsx';
import { RecoveryKitStep } from './recovery-kit-step.tsx';
import { SetSummary } from './set-summary.tsx';
import { StartDialog } from './start-dialog.tsx';

const summaryHeight = () => 184;

/** Every replica set: can I get its data back, and up to when? */
export function OverviewPage() {
  const { groupId } = useGroup();
  const sets = useBackups(groupId);
  const agents = useResource<Agent[]>(`/groups/${groupId}/agents`, ['agents']).data;
  const store = useResource<BackupStore>(`/groups/${groupId}/backup-store`, ['backups']).data;
  const [starting, setStarting] = useState<BackupSet | null>(null);
  const active = useMemo(() => (sets.data ?? []).filter(({ state }) => state !== 'off').sort(byNeed), [sets.data]);
  const off = useMemo(() => (sets.data ?? []).filter(({ state }) => state === 'off').sort(byNeed), [sets.data]);
  const hasAgent = agents?.some(({ kind, role }) => kind === 'backup' && role !== 'lost');
  return (
    <>
      <div class="page-head">
        <h1>Backups</h1>
        {sets.data !== undefined && sets.data.length > 0 && (
          <span class="sub">{counted(sets.data.length, 'replica set')}</span>
        )}
      </div>
      <Loaded from={sets} height={420}>
        {(all) =>
          all.length === 0 ? (
            <NoSets />
          ) : (
            <>
              {active.length > 0 && <BackupVerdict sets={active} />}
              {active.length > 0 && <Figures sets={all} store={store} />}
              {active.length > 0 && store?.recoveryKit === 'missing' && <RecoveryKitStep />}
              {hasAgent === false && <AgentStep lost={agents?.some(({ kind }) => kind === 'backup') === true} />}
              <NearList items={active} keyOf={({ replicaSetId }) => replicaSetId} estimate={summaryHeight}>
                {(set) => <SetSummary set={set} onStart={() => setStarting(set)} />}
              </NearList>
              {off.length > 0 && <WhyNot permission="backup.write" what="start backups" />}
              {off.length > 0 && <OffSets sets={off} onStart={setStarting} />}
            </>
          )
        }
      </Loaded>
      {starting !== null && (
        <StartDialog
          set={starting}
          onStarted={() => {
            setStarting(null);
            sets.reload();
          }}
          onClose={() => setStarting(null)}
        />
      )}
    </>
  );
}

function Figures({ sets, store }: { readonly sets: readonly BackupSet[]; readonly store: BackupStore | undefined }) {
  const covered = sets.filter(({ state }) => state === 'protected').length;
  const followed = sets.filter(({ state }) => state === 'protected' || state === 'behind' || state === 'resyncNeeded');
  const worst = followed.reduce<BackupSet | null>(
    (most, set) => ((set.lagSeconds ?? -1) > (most?.lagSeconds ?? -1) ? set : most),
    null,
  );
  const snapshots = sets.reduce((sum, set) => sum + set.snapshots, 0);
  const copies = sets.reduce((sum, set) => sum + set.snapshots * set.contentBytes, 0);
  const stored = sets.reduce((sum, set) => sum + set.storedBytes + set.slicesBytes, 0);
  return (
    <dl class="figures" aria-label="Backups of this group">
      <div>
        <dt>Protected</dt>
        <dd>
          {whole(covered)} <span class="unit">of {whole(sets.length)}</span>
        </dd>
        <dd class="note">{othersWords(sets)}</dd>
      </div>
      <div>
        <dt>Furthest behind</dt>
        <dd>{worst?.lagSeconds == null ? '–' : duration(worst.lagSeconds * 1000)}</dd>
        <dd class="note clip" title={worst?.name}>
          {worst === null ? 'nothing is captured' : worst.name}
        </dd>
      </div>
      <div>
        <dt>Snapshots</dt>
        <dd>{whole(snapshots)}</dd>
        <dd class="note">{copies === 0 ? 'none yet' : `${size(copies)} if each were a full copy`}</dd>
      </div>
      <div>
        <dt>Stored</dt>
        <dd>{size(store?.bytes ?? stored)}</dd>
        <dd class="note">
          {store === undefined || store.plainBytes === 0
            ? sharedWords(copies, stored)
            : `${size(store.plainBytes)} not encrypted yet: from before it was switched on, rewritten in the background`}
        </dd>
      </div>
      <div>
        <dt>Free on the store's disk</dt>
        <dd>{store === undefined ? '–' : store.freeBytes === null ? 'unknown' : size(store.freeBytes)}</dd>
        <dd class="note">
          {store === undefined || store.deadBytes === 0
            ? 'nothing stored that is not needed'
            : `${size(store.deadBytes)} to be freed`}
        </dd>
      </div>
    </dl>
  );
}

const otherStates: readonly (readonly [state: BackupSet['state'], word: string])[] = [
  ['resyncNeeded', 'to resync'],
  ['behind', 'behind'],
  ['catchingUp', 'on the way'],
  ['scanning', 'on the way'],
  ['starting', 'on the way'],
  ['stopped', 'stopped'],
  ['terminating', 'being deleted'],
  ['off', 'not backed up'],
];

/** What the sets are that are not protected now: `1 to resync, 1 behind, 3 not backed up`. */
function othersWords(sets: readonly BackupSet[]): string {
  const counts = new Map<string, number>();
  for (const [state, word] of otherStates) {
    const count = sets.filter((set) => set.state === state).length;
    if (count > 0) counts.set(word, (counts.get(word) ?? 0) + count);
  }
  return counts.size === 0 ? 'every set' : [...counts].map(([word, count]) => `${whole(count)} ${word}`).join(', ');
}

function NoSets() {
  const { groupId } = useGroup();
  return (
    <div class="card empty big">
      <Icon name="backup" />
      <h2>No replica set is known yet</h2>
      <p>
        Backups need the list of members that monitoring finds. Add one host of your deployment; every replica set then
        stands here with a button <b>Back up</b>.
      </p>
      <a class="button primary" href={groupPath(groupId)}>
        Open the deployment
      </a>
    </div>
  );
}
