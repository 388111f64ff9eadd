import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { MaintenanceWindow } from '../../wire/api/notifiers.ts';
import type { AlertMemory, GroupMemory } from '../group-memory.ts';
import { newAlertingId } from '../new-id.ts';
import type { MaintenanceWindowRecord } from './ports.ts';
import { currentOrNext } from './wall-clock.ts';

type WindowInput = Pick<MaintenanceWindowRecord, 'name' | 'enabled' | 'times' | 'target'>;

const windowsAtMost = 200;

/** The maintenance windows of a group. A change is looked at with the next look. */
export class WindowBook {
  readonly #memory: AlertMemory;
  readonly #clock: Clock;

  constructor(memory: AlertMemory, clock: Clock) {
    this.#memory = memory;
    this.#clock = clock;
  }

  windows(groupId: string): Promise<readonly MaintenanceWindow[]> {
    return this.#memory.serially(groupId, async ({ delivery }) =>
      delivery.windows.map((window) => this.#shown(window)),
    );
  }

  /** @throws INPUT_INVALID, CONFLICT for too many */
  add(groupId: string, given: WindowInput, by: string): Promise<MaintenanceWindow> {
    return this.#memory.serially(groupId, async (group) => {
      if (group.delivery.windows.length >= windowsAtMost) {
        throw new AppError('CONFLICT', `a group has ${windowsAtMost} maintenance windows at most`, {
          hint: 'Remove those that are over.',
        });
      }
      return this.#save(groupId, group, {
        ...given,
        id: newAlertingId('mw'),
        createdBy: by,
        createdAtMs: this.#clock.now(),
      });
    });
  }

  /** @throws NOT_FOUND, INPUT_INVALID */
  change(groupId: string, id: string, given: Partial<WindowInput>): Promise<MaintenanceWindow> {
    return this.#memory.serially(groupId, (group) => this.#save(groupId, group, { ...found(group, id), ...given }));
  }

  /** What it held back is told with the next look. @throws NOT_FOUND */
  async remove(groupId: string, id: string): Promise<MaintenanceWindowRecord> {
    return this.#memory.serially(groupId, async (group) => {
      const window = found(group, id);
      await this.#memory.store.removeWindow(groupId, id);
      group.delivery.windows = group.delivery.windows.filter((each) => each.id !== id);
      return window;
    });
  }

  async #save(groupId: string, group: GroupMemory, window: MaintenanceWindowRecord): Promise<MaintenanceWindow> {
    const { times } = window;
    if (times.kind === 'once' && times.toMs <= times.fromMs) {
      throw new AppError('INPUT_INVALID', 'a maintenance window ends after it begins', { details: { field: 'times' } });
    }
    await this.#memory.store.saveWindow(groupId, window);
    group.delivery.windows = [...group.delivery.windows.filter(({ id }) => id !== window.id), window];
    return this.#shown(window);
  }

  #shown(window: MaintenanceWindowRecord): MaintenanceWindow {
    const nowMs = this.#clock.now();
    const span = currentOrNext(window.times, nowMs);
    const active = window.enabled && span !== undefined && span.fromMs <= nowMs;
    return { ...window, active, fromMs: span?.fromMs ?? null, toMs: span?.toMs ?? null };
  }
}

function found({ delivery }: GroupMemory, id: string): MaintenanceWindowRecord {
  const window = delivery.windows.find((each) => each.id === id);
  if (window === undefined) throw new AppError('NOT_FOUND', 'there is no such maintenance window');
  return window;
}
