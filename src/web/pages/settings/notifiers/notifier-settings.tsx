import { useState } from 'preact/hooks';
import type { Notifier } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { Icon } from '../../../components/icon.tsx';
import { ListCard } from '../../../components/list-card.tsx';
import { WhyNot } from '../../../components/why-not.tsx';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { DeadLetters } from './dead-letters.tsx';
import { NotifierDialog } from './notifier-dialog.tsx';
import { NotifierRow } from './notifier-row.tsx';

const columns = ['Name', 'To', 'Last attempt'];

/** Who is told of alerts, and what could not be delivered. */
export function NotifierSettings() {
  const { groupId, may } = useGroup();
  const path = `/groups/${groupId}/notifiers`;
  const notifiers = useResource<Notifier[]>(path, ['alerts']);
  const [editing, setEditing] = useState<Notifier | 'new' | null>(null);
  return (
    <div class="stack">
      <WhyNot permission="monitoring.write" what="change who is told" />
      <ListCard
        title="Notifiers"
        note="rules say which of them are told, and when"
        from={notifiers}
        height={160}
        empty="Nobody is told yet: alerts stand on the Alerts page only. Add a mail address, a chat channel or your on-call system."
        columns={columns}
        removal={{
          title: 'Remove the notifier',
          text: 'It is told of nothing any more, also of what still waits. Rules that tell nobody else then tell every notifier.',
          verb: 'Remove the notifier',
          name: ({ name }) => name,
          act: ({ id }) => send('DELETE', `${path}/${encodeURIComponent(id)}`),
        }}
        action={
          may('monitoring.write') && (
            <span class="end">
              <button type="button" onClick={() => setEditing('new')}>
                <Icon name="plus" />
                Add a notifier
              </button>
            </span>
          )
        }
      >
        {(notifier, askRemoval) => (
          <NotifierRow
            notifier={notifier}
            onChanged={notifiers.reload}
            onEdit={() => setEditing(notifier)}
            onRemove={askRemoval}
          />
        )}
      </ListCard>
      <DeadLetters />
      {editing !== null && (
        <NotifierDialog
          notifier={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={notifiers.reload}
        />
      )}
    </div>
  );
}
