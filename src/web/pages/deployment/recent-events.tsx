import type { EventsAnswer } from '../../../wire/api/alerts.ts';
import { EventRows } from '../../components/event-rows.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';

/** The last things that happened. */
export function RecentEvents() {
  const { groupId } = useGroup();
  const events = useResource<EventsAnswer>(`/groups/${groupId}/events?limit=8`, ['events']);
  return (
    <section class="card" aria-labelledby="h-events">
      <header>
        <h2 id="h-events">Events</h2>
        <span class="sub">the newest</span>
        <span class="end">
          <a href={groupPath(groupId, 'events')}>All events</a>
        </span>
      </header>
      <Loaded from={events} height={288}>
        {(answer) =>
          answer.events.length === 0 ? (
            <p class="empty">Elections, restarts, new members and alerts are noted here as they happen.</p>
          ) : (
            <EventRows events={answer.events} />
          )
        }
      </Loaded>
    </section>
  );
}
