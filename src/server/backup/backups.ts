import { QueryThreads } from '../../query/query-threads.ts';
import type { VaultService } from '../../vault/ports.ts';
import type { BackupSettings } from '../../wire/api/backups.ts';
import type { ServerBase } from '../context.ts';
import type { GroupFleet } from '../fleet/fleet.ts';
import { ifRoom } from '../if-room.ts';
import { newId } from '../new-id.ts';
import type { AgentRecord } from '../ports.ts';
import { defaultSettings, mergedSettings } from './default-settings.ts';
import { DrillBook } from './drills/drill-book.ts';
import { DrillRunner } from './drills/drill-runner.ts';
import { HeldMoments } from './held-moments.ts';
import { Operations } from './operations.ts';
import type { DrillStore, HoldStore, LinkStore, RestoreStream, SetLeaseStore, StoredLink } from './ports.ts';
import { ReportBook } from './report-book.ts';
import { RestoreLinks } from './restore-links.ts';
import { type KnownSet, SetBook } from './set-book.ts';
import { SetLeases } from './set-leases.ts';
import { SharedViews } from './shared-views.ts';
import type { Assigned } from './tasks.ts';
import { ViewBook } from './view-book.ts';
import { Waiters } from './waiters.ts';

export interface BackupParts {
  readonly vault: VaultService;
  readonly leases: SetLeaseStore;
  readonly drills: DrillStore;
  readonly stream: RestoreStream;
  readonly links: { readonly store: LinkStore; readonly known: readonly StoredLink[] };
  readonly holds: HoldStore;
}

/** All of backup in the server: what its routes share. */
export class Backups {
  readonly context: ServerBase;
  readonly vault: VaultService;
  readonly stream: RestoreStream;
  readonly sets: SetBook;
  readonly leases: SetLeases;
  readonly threads = new QueryThreads();
  readonly held: HeldMoments;
  readonly views: ViewBook;
  readonly sharedViews: SharedViews;
  readonly links: RestoreLinks;
  readonly reports = new ReportBook();
  readonly waiters = new Waiters();
  readonly operations: Operations;
  readonly drillBook: DrillBook;
  readonly drills: DrillRunner;

  constructor(context: ServerBase, { vault, leases, drills, stream, links, holds }: BackupParts) {
    this.context = context;
    this.vault = vault;
    this.stream = stream;
    this.sets = new SetBook(vault);
    this.operations = new Operations(context.clock, this.waiters);
    const { clock } = context;
    this.held = new HeldMoments(vault, holds);
    this.views = new ViewBook({ vault, clock }, { threads: this.threads, held: this.held });
    this.sharedViews = new SharedViews(this.views);
    this.links = new RestoreLinks(clock, { ...links, onOver: ({ id }) => this.held.release(id) });
    this.leases = new SetLeases(leases, context.clock, (groupId, setId, from, to) =>
      this.#noteMoved(groupId, setId, from, to),
    );
    this.drillBook = new DrillBook(drills, vault);
    const changed = (groupId: string): void => this.changed(groupId);
    const { views, drillBook: book } = this;
    this.drills = new DrillRunner({ context, vault, leases: this.leases, views, book, changed });
  }

  /** Sets that a live agent has. */
  readonly heldBy = (groupId: string, agentId: string): Promise<readonly string[]> =>
    this.leases.heldBy(groupId, agentId);

  /** What a group's backups hold in the store; sets that wait for their end count too. */
  readonly use = async (groupId: string): Promise<{ sets: number; bytes: number }> => {
    const [sets, { bytes }] = await Promise.all([this.vault.sets(groupId), this.vault.use(groupId)]);
    return { sets: sets.length, bytes };
  };

  /** Something that agents and pages should know has changed. */
  changed(groupId: string): void {
    this.sets.changed(groupId);
    this.waiters.wake(groupId);
    this.context.hub.publish(groupId, { type: 'backups' });
  }

  /** Switches backup of a set on, again, or back on before it is deleted. @throws NOT_FOUND */
  async start(groupId: string, replicaSetId: string, changes: BackupSettings): Promise<KnownSet> {
    const set = await this.sets.one(await this.context.fleet.group(groupId), replicaSetId);
    if (set.kept === undefined) await this.drillBook.forget(groupId, replicaSetId);
    const settings = mergedSettings(set.kept?.settings ?? defaultSettings, changes);
    await this.vault.start(groupId, replicaSetId, set.name, settings);
    this.changed(groupId);
    return set;
  }

  /** The sets that the agent has to back up from now on. */
  async assign(fleet: GroupFleet, agent: AgentRecord): Promise<readonly Assigned[]> {
    const groupId = fleet.group.id;
    const active = (await this.sets.all(fleet)).filter(({ kept }) => kept?.standing === 'active');
    const shared = active.map(({ replicaSetId, kept }) => ({
      replicaSetId,
      busy: (kept?.scan?.from ?? null) !== null,
    }));
    const { epochs, changed } = await this.leases.share(groupId, agent.id, shared);
    if (changed) this.changed(groupId);
    return active.flatMap((set) => {
      const epoch = epochs.get(set.replicaSetId);
      return epoch === undefined ? [] : [{ set, epoch }];
    });
  }

  async #noteMoved(groupId: string, replicaSetId: string, from: string, to: string): Promise<void> {
    const fleet = await this.context.fleet.group(groupId);
    const { name } = await this.sets.one(fleet, replicaSetId);
    const hostname = (id: string): string => fleet.agents.get(id)?.hostname ?? id;
    const message = `The backup agent on ${hostname(to)} took over ${name} from the one on ${hostname(from)}`;
    const subject = { kind: 'set', id: replicaSetId, label: name } as const;
    const event = { id: newId('e'), groupId, atMs: this.context.clock.now(), kind: 'agentTakeover', subject, message };
    await ifRoom(this.context.stores.events.appendEvents([event]));
    this.context.hub.publish(groupId, { type: 'events' });
  }
}
