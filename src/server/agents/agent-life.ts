import { createHash } from 'node:crypto';
import type { ServerBase } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { ifRoom } from '../if-room.ts';
import type { AgentRecord, Lease } from '../ports.ts';
import { isDuplicate, lostAfterMs } from './agent-view.ts';

type AgentEventKind = 'agentNew' | 'agentTakeover' | 'agentLost' | 'agentReturned' | 'agentDuplicate';

/** An agent said hello that this group has never seen. */
export async function noteNew(context: ServerBase, fleet: GroupFleet, agent: AgentRecord): Promise<void> {
  const message = `A new ${agent.kind} agent runs on ${agent.hostname} (${agent.version})`;
  await note(context, fleet, agent, { kind: 'agentNew', message, once: agent.firstSeenAtMs });
}

/** The lease has another holder than before: `before` undefined = the group's first. */
export async function noteTakeover(
  context: ServerBase,
  fleet: GroupFleet,
  lease: Lease,
  before: Lease | undefined,
): Promise<void> {
  const agent = fleet.agents.get(lease.holder);
  if (agent === undefined || before === undefined || before.holder === lease.holder) return;
  const other = fleet.agents.get(before.holder)?.hostname ?? before.holder;
  const message = `The agent on ${agent.hostname} took over from the one on ${other}`;
  await note(context, fleet, agent, { kind: 'agentTakeover', message, once: lease.epoch });
}

/** Two processes run with this identity: told once, until it was well for a while. */
export async function noteDuplicate(context: ServerBase, fleet: GroupFleet, agent: AgentRecord): Promise<void> {
  const now = context.clock.now();
  if (isDuplicate(agent, now)) return;
  const message = `Two processes run as the agent on ${agent.hostname}: give each its own state directory`;
  await note(context, fleet, agent, { kind: 'agentDuplicate', message, once: now });
}

/** Call before the last contact is moved: an agent that was called lost is back. */
export async function noteReturn(context: ServerBase, fleet: GroupFleet, before: AgentRecord): Promise<void> {
  const { lastSeenAtMs } = before;
  const now = context.clock.now();
  if (now - lastSeenAtMs <= lostAfterMs) return;
  const { stores } = context;
  const query = { subjectId: before.id, kind: 'agentLost', limit: 1 };
  const [lost] = (await stores.events.events(fleet.group.id, query)).events;
  // While this server was away nobody was lost.
  if (lost?.id !== idOf(fleet, before, 'agentLost', lastSeenAtMs)) return;
  const message = `The agent on ${before.hostname} is back after ${wordsOf(now - lastSeenAtMs)}`;
  await note(context, fleet, before, { kind: 'agentReturned', message, once: lastSeenAtMs });
}

/** Looks for agents that fell silent; `told` holds those that were noted, by their last contact. */
export async function noteLost(context: ServerBase, fleet: GroupFleet, told: Map<string, number>): Promise<void> {
  const now = context.clock.now();
  for (const agent of fleet.agents.values()) {
    const { id, hostname, lastSeenAtMs } = agent;
    // After a start of the server, each agent has the time to come back first.
    if (now - Math.max(lastSeenAtMs, fleet.loadedAtMs) <= lostAfterMs || told.get(id) === lastSeenAtMs) continue;
    // Written down to the millisecond, so that the next start knows that it was told.
    await fleet.saveAgent(agent);
    const message = `The agent on ${hostname} is lost: nothing came from it for ${wordsOf(now - lastSeenAtMs)}`;
    await note(context, fleet, agent, { kind: 'agentLost', message, once: lastSeenAtMs });
    told.set(id, lastSeenAtMs);
    context.hub.publish(fleet.group.id, { type: 'agents' });
  }
  for (const id of told.keys()) if (!fleet.agents.has(id)) told.delete(id);
}

interface Note {
  readonly kind: AgentEventKind;
  readonly message: string;
  /** What tells this event from the next one of its kind: the same event is stored once, restarts or not. */
  readonly once: number;
}

async function note(
  { clock, hub, stores }: ServerBase,
  fleet: GroupFleet,
  agent: AgentRecord,
  { kind, message, once }: Note,
): Promise<void> {
  const subject = { kind: 'agent', id: agent.id, label: agent.hostname } as const;
  const id = idOf(fleet, agent, kind, once);
  await ifRoom(
    stores.events.appendEvents([{ id, groupId: fleet.group.id, atMs: clock.now(), kind, subject, message }]),
  );
  hub.publish(fleet.group.id, { type: 'events' });
}

function idOf(fleet: GroupFleet, { id }: AgentRecord, kind: AgentEventKind, once: number): string {
  const parts = JSON.stringify([fleet.group.id, id, kind, once]);
  return `e_${createHash('sha256').update(parts).digest('hex').slice(0, 24)}`;
}

function wordsOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 2) return `${Math.round(ms / 1000)} s`;
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} days`;
}
