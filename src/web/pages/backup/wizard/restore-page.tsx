import { useEffect } from 'preact/hooks';
import type { Moment } from '../../../../wire/api/backup-reading.ts';
import type { BackupSet, BackupTimeline } from '../../../../wire/api/backups.ts';
import { whyNot } from '../../../components/role-words.ts';
import { navigate, setQuery } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useClock } from '../../../zone.ts';
import { isRestorable, MomentPicker, momentOr } from '../moment-picker.tsx';
import { WithTimeline } from '../with-timeline.tsx';
import { ByCommand } from './by-command.tsx';
import { ByLink } from './by-link.tsx';
import { chosenDocuments } from './chosen-documents.ts';
import { readMoment } from './moment-query.ts';
import { restoreAddress } from './restore-address.ts';
import { WhatToRestore } from './what-to-restore.tsx';

interface RestorePageProps {
  readonly set: BackupSet;
  readonly query: URLSearchParams;
}

/** When, what, how: all of it in the address, and at the end a line to copy. */
export function RestorePage({ set, query }: RestorePageProps) {
  const { may, roles } = useGroup();
  if (!may('data.read')) {
    return (
      <div class="card empty big">
        <h2>For the role data access</h2>
        <p>{whyNot(roles, 'data.read', 'restore')}</p>
      </div>
    );
  }
  return (
    <WithTimeline set={set} empty="Nothing can be restored yet">
      {(timeline, fresh) => <Wizard set={set} timeline={timeline} fresh={fresh} query={query} />}
    </WithTimeline>
  );
}

interface WizardProps extends RestorePageProps {
  readonly timeline: BackupTimeline;
  /** False: what an earlier page knew. */
  readonly fresh: boolean;
}

function Wizard({ set, timeline, fresh, query }: WizardProps) {
  const { groupId } = useGroup();
  const now = useClock(10_000);
  const chosen = readMoment(query);
  const moment = momentOr(chosen, timeline, now);
  const namespaces = (query.get('ns') ?? '').split(',').filter((name) => name !== '');
  const documents = chosenDocuments(query, namespaces);
  const byLink = query.get('how') === 'link';
  // The newest moment moves: a link to this page shall not.
  useEffect(() => {
    if (chosen === null && fresh) navigate(withMoment(groupId, set.replicaSetId, moment), true);
  }, [chosen === null, fresh]);
  const good = isRestorable(moment, timeline);
  return (
    <div class="grid2 wizard">
      <div class="stack">
        <section class="card" aria-label="Moment">
          <header>
            <h2>1. The moment</h2>
          </header>
          <div class="body">
            <MomentPicker
              timeline={timeline}
              moment={moment}
              nowMs={now}
              onChange={(next) => navigate(withMoment(groupId, set.replicaSetId, next), true)}
            />
          </div>
        </section>
        <WhatToRestore
          setId={set.replicaSetId}
          moment={good && chosen !== null ? moment : null}
          namespaces={namespaces}
          chosen={documents}
          onChange={(next) => setQuery('ns', next.join(','))}
        />
      </div>
      <section class="card" aria-label="How">
        <header>
          <h2>3. How</h2>
          <span class="end">
            <span class="seg" role="group" aria-label="Way of restoring">
              <button type="button" aria-pressed={!byLink} onClick={() => setQuery('how', null)}>
                leafward restore
              </button>
              <button type="button" aria-pressed={byLink} onClick={() => setQuery('how', 'link')}>
                Link for mongorestore
              </button>
            </span>
          </span>
        </header>
        <div class="body form">
          {!good ? (
            <p class="sub">Choose a moment that can be restored.</p>
          ) : documents.problem !== null ? (
            <p class="sub">The filter cannot be read.</p>
          ) : byLink ? (
            <ByLink set={set} moment={moment} namespaces={namespaces} documents={documents} query={query} />
          ) : (
            <ByCommand set={set} moment={moment} namespaces={namespaces} documents={documents} query={query} />
          )}
        </div>
      </section>
    </div>
  );
}

/** This address with another moment. */
function withMoment(groupId: string, setId: string, moment: Moment): string {
  const query = new URLSearchParams(location.search);
  query.delete('at');
  query.delete('snapshot');
  const rest = query.toString();
  return restoreAddress(groupId, setId, moment) + (rest === '' ? '' : `&${rest}`);
}
