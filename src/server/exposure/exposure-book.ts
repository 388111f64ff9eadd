import type { GroupExposure, HostExposure } from '../../wire/api/exposure.ts';
import type { Fleet, GroupFleet } from '../fleet/fleet.ts';
import type { HostRecord } from '../ports.ts';
import { type ExposureRecord, shownExposure } from './finding.ts';
import type { ExposureStore } from './ports.ts';
import { nextRegular } from './schedule.ts';

/** A host that no agent has polled for so long is not looked at any more: its name may be somebody else's by now. */
const polledWithinMs = 31 * 86_400_000;

/** Which groups are checked and what was found, in memory and in the store; the fleet shows it with its hosts. */
export class ExposureBook {
  readonly #store: ExposureStore;
  readonly #fleet: Fleet;
  readonly #groups: Map<string, Map<string, ExposureRecord>>;

  private constructor(store: ExposureStore, fleet: Fleet, groups: Map<string, Map<string, ExposureRecord>>) {
    this.#store = store;
    this.#fleet = fleet;
    this.#groups = groups;
  }

  static async open(store: ExposureStore, fleet: Fleet): Promise<ExposureBook> {
    const groups = new Map<string, Map<string, ExposureRecord>>();
    for (const groupId of await store.enabledGroups()) {
      const records = await store.exposures(groupId);
      groups.set(groupId, new Map(records.map((record) => [record.hostId, record])));
    }
    return new ExposureBook(store, fleet, groups);
  }

  groupIds(): readonly string[] {
    return [...this.#groups.keys()];
  }

  isEnabled(groupId: string): boolean {
    return this.#groups.has(groupId);
  }

  /** Switching off forgets what was found. */
  async setEnabled(groupId: string, enabled: boolean): Promise<void> {
    const fleet = await this.#fleet.group(groupId);
    await this.#store.setEnabled(groupId, enabled);
    if (enabled && !this.#groups.has(groupId)) this.#groups.set(groupId, new Map());
    if (enabled) return;
    this.#groups.delete(groupId);
    hide(fleet);
  }

  record(groupId: string, hostId: string): ExposureRecord | undefined {
    return this.#groups.get(groupId)?.get(hostId);
  }

  /** Nothing is kept when the group was switched off, or the host changed or went, while the look was under way. */
  async save(groupId: string, record: ExposureRecord): Promise<boolean> {
    const fleet = await this.#fleet.group(groupId);
    const host = fleet.hosts.get(record.hostId);
    const records = this.#groups.get(groupId);
    if (records === undefined || host === undefined || targetOf(host) !== record.target) return false;
    await this.#store.saveExposure(groupId, record);
    records.set(record.hostId, record);
    show(fleet, record);
    return true;
  }

  /**
   * Hosts whose look is due, those that wait longest first. What was found of hosts that went or changed is forgotten, and what
   * is known is shown with the hosts: a group may have been loaded since.
   */
  async due(groupId: string, nowMs: number): Promise<readonly { readonly hostId: string; readonly dueAtMs: number }[]> {
    const records = this.#groups.get(groupId);
    if (records === undefined) return [];
    const fleet = await this.#fleet.group(groupId);
    for (const record of records.values()) {
      const host = fleet.hosts.get(record.hostId);
      if (host?.standing === 'watched' && targetOf(host) === record.target) {
        show(fleet, record);
        continue;
      }
      records.delete(record.hostId);
      fleet.exposures.delete(record.hostId);
      await this.#store.removeExposure(groupId, record.hostId);
    }
    return [...fleet.hosts.values()]
      .filter((host) => mayBeLookedAt(host, nowMs))
      .map(({ id: hostId }) => ({ hostId, dueAtMs: records.get(hostId)?.nextAtMs ?? 0 }))
      .filter(({ dueAtMs }) => dueAtMs <= nowMs)
      .toSorted((a, b) => a.dueAtMs - b.dueAtMs);
  }

  /** While the whole server is switched off, nothing is shown. */
  async hideAll(): Promise<void> {
    for (const groupId of this.#groups.keys()) hide(await this.#fleet.group(groupId));
  }

  /** As the API shows it. */
  view(groupId: string, allowed: boolean, nowMs: number): GroupExposure {
    const enabled = this.isEnabled(groupId);
    const records = allowed ? [...(this.#groups.get(groupId)?.values() ?? [])] : [];
    return {
      allowed,
      enabled,
      nextAtMs: allowed && enabled ? nextRegular(groupId, nowMs) : null,
      hosts: records.map(shownExposure),
    };
  }
}

/** Only hosts that an agent has polled are looked at: a name that somebody merely typed is nobody's database. */
export function mayBeLookedAt({ standing, lastSampleAtMs }: HostRecord, nowMs: number): boolean {
  return standing === 'watched' && lastSampleAtMs !== null && nowMs - lastSampleAtMs < polledWithinMs;
}

/** What the agent dials: of a host with another address to dial, its name was never proven to be a MongoDB's. */
export function targetOf({ host, connectTo }: Pick<HostRecord, 'host' | 'connectTo'>): string {
  return connectTo ?? host;
}

function show(fleet: GroupFleet, record: ExposureRecord): void {
  const shown: HostExposure = shownExposure(record);
  fleet.exposures.set(record.hostId, shown);
}

function hide(fleet: GroupFleet): void {
  fleet.exposures.clear();
}
