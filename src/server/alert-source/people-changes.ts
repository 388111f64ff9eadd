import type { PeopleChange } from '../../alerts/ports.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { AuditEvent, AuditStore } from '../audit/ports.ts';

const keptMs = 3_600_000;
const pageLimit = 200;

const kinds: Readonly<Record<string, PeopleChange['kind']>> = {
  'member.joined': 'userJoined',
  'member.removed': 'userLeft',
  'member.rolesChanged': 'roleChanged',
  'agentKey.made': 'keyCreated',
  'apiToken.made': 'keyCreated',
};
const verbs: Readonly<Record<string, string>> = {
  'member.joined': 'joined the group',
  'member.removed': 'left the group',
  'member.rolesChanged': 'has other roles',
  'agentKey.made': 'was made as a key for agents',
  'apiToken.made': 'was made as an API token',
};

/** What people did in a group within the last hour, from the audit log: only what came since the look before is read. */
export class PeopleChanges {
  readonly #audit: AuditStore;
  readonly #clock: Clock;
  #known: readonly PeopleChange[] = [];
  #head = -1;

  constructor(audit: AuditStore, clock: Clock) {
    this.#audit = audit;
    this.#clock = clock;
  }

  async changes(groupId: string): Promise<readonly PeopleChange[]> {
    const fromMs = this.#clock.now() - keptMs;
    const { sequence } = await this.#audit.head();
    if (sequence !== this.#head) {
      this.#known = await this.#read(groupId, fromMs);
      this.#head = sequence;
    }
    return this.#known.filter(({ atMs }) => atMs >= fromMs);
  }

  async #read(groupId: string, fromMs: number): Promise<readonly PeopleChange[]> {
    const scope = { groupId, filter: { from: fromMs } };
    const { events } = await this.#audit.page(scope, { before: null, limit: pageLimit });
    return events.flatMap(changeOf);
  }
}

export function changeOf({ id, atMs, actor, action, subject, detail }: AuditEvent): readonly PeopleChange[] {
  const kind = kinds[action];
  if (kind === undefined) return [];
  const roles = detail['roles'] ?? detail['after'];
  const now = Array.isArray(roles) && action !== 'member.removed' ? `: ${roles.join(', ')}` : '';
  const words = `${subject?.label ?? 'Somebody'} ${verbs[action] ?? action}${now}`;
  return [{ id, atMs, kind, actor: actor.name, words }];
}
