import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import type { AuditValue } from '../../wire/api/audit.ts';
import { type AuditSource, audit, bySystem } from '../audit.ts';
import { ifRoom } from '../if-room.ts';
import type { AuditStore } from './ports.ts';

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly stores: { readonly audit: AuditStore };
}

const windowMs = 60_000;
/** So many of a minute are written down one by one; of one address so many. */
const mostEach = 20;
const mostOfAddress = 5;
/** Names and addresses that the event about the others lists. */
const mostNamed = 20;

interface Others {
  count: number;
  readonly addresses: Set<string>;
  readonly names: Set<string>;
}

/** Refused sign-ins in the audit log: a flood of them becomes one event a minute, so that nobody fills the disk from outside. */
export class Refusals {
  readonly #parts: Parts;
  #windowFromMs = 0;
  readonly #ofAddress = new Map<string, number>();
  #each = 0;
  #others: Others | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** `name` is what was typed. */
  async note(ip: string, name: string, detail: Readonly<Record<string, AuditValue | undefined>>): Promise<void> {
    const now = this.#parts.clock.now();
    if (now - this.#windowFromMs >= windowMs || now < this.#windowFromMs) {
      await this.flush();
      this.#windowFromMs = now;
      this.#each = 0;
      this.#ofAddress.clear();
    }
    const ofAddress = this.#ofAddress.get(ip) ?? 0;
    if (this.#each >= mostEach || ofAddress >= mostOfAddress) {
      this.#addToOthers(ip, name);
      return;
    }
    this.#each += 1;
    this.#ofAddress.set(ip, ofAddress + 1);
    const source: AuditSource = { actor: { kind: 'user', id: null, name }, ip };
    await ifRoom(audit(this.#parts, source, { action: 'session.refused', detail }));
  }

  /** Writes down what was only counted. */
  async flush(): Promise<void> {
    const others = this.#others;
    if (others === undefined) return;
    this.#others = undefined;
    const { count, addresses, names } = others;
    const from = new Date(this.#windowFromMs).toISOString();
    const detail = { refused: count, from, addresses: [...addresses], names: [...names] };
    await ifRoom(audit(this.#parts, bySystem, { action: 'session.refusedMany', detail }));
  }

  #addToOthers(ip: string, name: string): void {
    if (this.#others === undefined) {
      this.#others = { count: 0, addresses: new Set(), names: new Set() };
      const { log } = this.#parts;
      const timer = setTimeout(() => {
        this.flush().catch((thrown: unknown) =>
          log.warn('refused sign-ins were not counted', { reason: String(thrown) }),
        );
      }, windowMs);
      timer.unref();
    }
    this.#others.count += 1;
    if (this.#others.addresses.size < mostNamed) this.#others.addresses.add(ip);
    if (this.#others.names.size < mostNamed) this.#others.names.add(name.slice(0, 100));
  }
}
