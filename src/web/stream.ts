import type { StreamEvent } from '../wire/api/groups.ts';

export type StreamType = StreamEvent['type'];
type Listener = (event: StreamEvent) => void;

const types: readonly StreamType[] = [
  'topology',
  'samples',
  'agents',
  'hosts',
  'alerts',
  'events',
  'doctor',
  'downloads',
  'backups',
];
const listeners = new Set<Listener>();
const reopened = new Set<() => void>();
let source: EventSource | null = null;
let groupId = '';
let timer: ReturnType<typeof setTimeout> | undefined;
let failures = 0;

/** Follows the events of one group; the one before is left. */
export function followGroup(id: string): void {
  if (id === groupId && source !== null) return;
  leaveGroup();
  groupId = id;
  open();
}

export function leaveGroup(): void {
  clearTimeout(timer);
  source?.close();
  source = null;
  groupId = '';
  failures = 0;
}

/** Calls on every event of the group's stream. Returns the way to stop. */
export function onStream(listener: Listener): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Calls when the stream is open again after it was lost: everything may have changed meanwhile. */
export function onReopen(listener: () => void): () => void {
  reopened.add(listener);
  return () => void reopened.delete(listener);
}

function open(): void {
  const opened = new EventSource(`/api/v1/groups/${encodeURIComponent(groupId)}/stream`);
  source = opened;
  opened.addEventListener('open', () => {
    if (failures > 0) for (const listener of reopened) listener();
    failures = 0;
  });
  opened.addEventListener('error', () => {
    failures++;
    // The browser comes back by itself after a broken connection, but not after an error answer.
    if (opened.readyState !== EventSource.CLOSED || opened !== source) return;
    source = null;
    timer = setTimeout(open, Math.min(30_000, 1000 * 2 ** Math.min(failures, 5)));
  });
  opened.addEventListener('message', receive);
  for (const type of types) opened.addEventListener(type, receive);
}

function receive(message: MessageEvent<string>): void {
  const event = JSON.parse(message.data) as StreamEvent;
  for (const listener of listeners) listener(event);
}
