import { AppError } from '../../runtime/errors.ts';
import type { StreamEvent } from '../../wire/api/groups.ts';

/** Takes one event; false = it cannot keep up and wants to be let go. */
export type StreamSink = (event: StreamEvent) => boolean;

/** Whose stream it is. */
export interface StreamOwner {
  /** The person, or who made the token. */
  readonly userId: string | null;
  /** Id of the session or token. */
  readonly key: string;
}

interface Client {
  readonly end: () => void;
  readonly owner: StreamOwner;
}

interface GroupStream {
  readonly sinks: Map<StreamSink, Client>;
  /** Waiting to be sent together, by type (doctor: by order). */
  readonly pending: Map<string, StreamEvent>;
  timer: NodeJS.Timeout | undefined;
}

const gatherMs = 250;
const clientsPerGroup = 200;
const clientsInAll = 1000;

/**
 * Tells the open pages of a group what changed. Events of one kind within 250 ms become one; a client that does not
 * keep up is let go and reads the state again when it comes back.
 */
export class StreamHub {
  readonly #groups = new Map<string, GroupStream>();
  #clients = 0;
  #closed = false;

  publish(groupId: string, event: StreamEvent): void {
    const group = this.#groups.get(groupId);
    if (group === undefined) return;
    const key = event.type === 'doctor' ? `doctor ${event.orderId}` : event.type;
    group.pending.set(key, merged(group.pending.get(key), event));
    group.timer ??= setTimeout(() => this.#flush(group), gatherMs);
  }

  /**
   * Adds a client; gives back what removes it. `end` is called when the hub lets the client go or closes.
   * @throws TOO_MANY_ATTEMPTS when too many are open.
   */
  subscribe(groupId: string, sink: StreamSink, end: () => void, owner: StreamOwner): () => void {
    const group = this.#groups.get(groupId) ?? { sinks: new Map(), pending: new Map(), timer: undefined };
    if (this.#closed || group.sinks.size >= clientsPerGroup || this.#clients >= clientsInAll) {
      throw new AppError('TOO_MANY_ATTEMPTS', 'too many live pages are open', {
        retryable: true,
        hint: 'Close some pages; this one reads the state again by itself.',
      });
    }
    this.#groups.set(groupId, group);
    group.sinks.set(sink, { end, owner });
    this.#clients++;
    return () => this.#remove(groupId, group, sink);
  }

  /** Ends all clients; later ones are refused. */
  close(): void {
    this.#closed = true;
    for (const [groupId, group] of this.#groups) {
      for (const [sink, { end }] of group.sinks) {
        this.#remove(groupId, group, sink);
        end();
      }
    }
  }

  /** Ends the streams of who may no longer see them, or may see something else: pages come back and are admitted anew. */
  endWhere(isEnded: (owner: StreamOwner, groupId: string) => boolean): void {
    for (const [groupId, group] of this.#groups) {
      for (const [sink, { end, owner }] of group.sinks) {
        if (!isEnded(owner, groupId)) continue;
        this.#remove(groupId, group, sink);
        end();
      }
    }
  }

  clients(): number {
    return this.#clients;
  }

  #flush(group: GroupStream): void {
    group.timer = undefined;
    const events = [...group.pending.values()];
    group.pending.clear();
    for (const [sink, { end }] of group.sinks) {
      if (!events.every((event) => sink(event))) end();
    }
  }

  #remove(groupId: string, group: GroupStream, sink: StreamSink): void {
    if (!group.sinks.delete(sink)) return;
    this.#clients--;
    if (group.sinks.size > 0) return;
    clearTimeout(group.timer);
    group.timer = undefined;
    group.pending.clear();
    this.#groups.delete(groupId);
  }
}

function merged(before: StreamEvent | undefined, event: StreamEvent): StreamEvent {
  if (before?.type !== 'samples' || event.type !== 'samples') return event;
  return { ...event, hostIds: [...new Set([...before.hostIds, ...event.hostIds])] };
}
