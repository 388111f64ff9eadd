import type { Clock } from '../../runtime/clock.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { periodic } from '../../runtime/periodic.ts';
import type { GroupExposure, HostExposure } from '../../wire/api/exposure.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { StreamHub } from '../live/stream-hub.ts';
import { DialLimits } from './dial-limits.ts';
import { type ExposureBook, mayBeLookedAt, targetOf } from './exposure-book.ts';
import { afterProbe, shownExposure } from './finding.ts';
import { type ProbeWays, probeHost, realWays } from './probe.ts';

const atOnce = 4;
const collectEveryMs = 10_000;

interface ChecksParts {
  readonly book: ExposureBook;
  readonly fleet: Fleet;
  readonly hub: StreamHub;
  readonly clock: Clock;
  readonly log: Log;
  /** The administrator's switch: may this server look at all? */
  readonly allowed: () => Promise<boolean>;
  /** The name of this machine. */
  readonly seenFrom: string;
  readonly ways?: ProbeWays;
}

interface Turn {
  readonly groupId: string;
  readonly hostId: string;
}

/** Looks at hosts from outside, on schedule and when asked: the one outbound connection to hosts that the server makes. */
export class ExposureChecks {
  readonly #parts: ChecksParts;
  readonly #ways: ProbeWays;
  readonly #limits: DialLimits;
  readonly #running = new Map<string, Promise<void>>();
  #queue: Turn[] = [];
  #collectedAtMs = Number.NEGATIVE_INFINITY;
  #shown = true;

  constructor(parts: ChecksParts) {
    this.#parts = parts;
    this.#ways = parts.ways ?? realWays;
    this.#limits = new DialLimits(parts.clock);
  }

  /** Until the signal aborts and the looks under way have ended. */
  async run(signal: AbortSignal): Promise<void> {
    const onError = (thrown: unknown): void => {
      const { code, message } = toAppError(thrown);
      this.#parts.log.warn('the check for exposed hosts failed and will be tried again', { code, reason: message });
    };
    await periodic((aborted) => this.step(aborted), { intervalMs: this.#limits.settings.anyMs, signal, onError });
    await Promise.all(this.#running.values());
  }

  /** Begins the look that is due, if there is one and it may begin now. */
  async step(signal: AbortSignal): Promise<void> {
    const { allowed, book, log } = this.#parts;
    if (!(await allowed())) {
      if (this.#shown) await book.hideAll();
      this.#shown = false;
      this.#queue = [];
      this.#collectedAtMs = Number.NEGATIVE_INFINITY;
      return;
    }
    this.#shown = true;
    await this.#collect();
    if (this.#running.size >= atOnce) return;
    const turn = this.#queue.shift();
    if (turn === undefined || this.#running.has(keyOf(turn))) return;
    if (!this.#limits.takeTurn()) {
      this.#queue.unshift(turn);
      return;
    }
    const look = this.#look(turn, signal).then(
      () => {},
      (thrown: unknown) => {
        if (signal.aborted) return;
        const { code, message } = toAppError(thrown);
        log.warn('a host could not be looked at from outside', { code, reason: message, host: turn.hostId });
      },
    );
    this.#hold(turn, look);
  }

  /** Looks at one host now. @throws CONFLICT when it is not checked, TOO_MANY_ATTEMPTS when it was a moment ago */
  async checkNow(turn: Turn, signal: AbortSignal): Promise<HostExposure> {
    const { allowed, book, fleet, clock } = this.#parts;
    const host = (await fleet.group(turn.groupId)).host(turn.hostId);
    if (!(await allowed()) || !book.isEnabled(turn.groupId)) {
      throw new AppError('CONFLICT', 'the check for exposed hosts is switched off', {
        hint: 'An administrator of the server allows it (Instance > Exposure check), then an owner switches it on for the group.',
      });
    }
    if (!mayBeLookedAt(host, clock.now())) {
      throw new AppError(
        'CONFLICT',
        `no agent has polled ${host.host} lately, and only hosts that were polled are looked at`,
        {
          hint: 'Wait for the first samples of the host; its page says what stands in the way.',
        },
      );
    }
    if (this.#running.size >= 2 * atOnce || this.#running.has(keyOf(turn)) || !this.#limits.takeTurn())
      throw tooSoon(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#hold(turn, promise);
    try {
      const found = await this.#look(turn, signal);
      if (found === undefined) throw tooSoon(Math.ceil(this.#limits.settings.sameAddressMs / 1000));
      this.#tell(turn.groupId);
      return found;
    } finally {
      resolve();
    }
  }

  async view(groupId: string): Promise<GroupExposure> {
    const { allowed, book, clock } = this.#parts;
    return book.view(groupId, await allowed(), clock.now());
  }

  /** What was found is shown or hidden at once, and hosts without a look get one soon. */
  async setEnabled(groupId: string, enabled: boolean): Promise<void> {
    await this.#parts.book.setEnabled(groupId, enabled);
    this.#queue = this.#queue.filter((turn) => turn.groupId !== groupId);
    this.#collectedAtMs = Number.NEGATIVE_INFINITY;
    this.#tell(groupId);
  }

  /** Undefined: one of its addresses was looked at a moment ago. */
  async #look({ groupId, hostId }: Turn, signal: AbortSignal): Promise<HostExposure | undefined> {
    const { book, fleet, clock, seenFrom } = this.#parts;
    const host = (await fleet.group(groupId)).host(hostId);
    const target = targetOf(host);
    const mayDial = (addresses: readonly string[]): boolean => this.#limits.takeAddresses(addresses);
    const probed = await probeHost(target, this.#ways, signal, mayDial);
    if (probed.kind === 'postponed') return undefined;
    const known = book.record(groupId, hostId);
    const before = known?.target === target ? known : undefined;
    const record = afterProbe(probed, before, { groupId, hostId, target, seenFrom, nowMs: clock.now() });
    if ((await book.save(groupId, record)) && record.finding !== before?.finding) this.#tell(groupId);
    return shownExposure(record);
  }

  async #collect(): Promise<void> {
    const { book, clock } = this.#parts;
    const now = clock.now();
    if (this.#queue.length > 0 || Math.abs(now - this.#collectedAtMs) < collectEveryMs) return;
    this.#collectedAtMs = now;
    const due: (Turn & { readonly dueAtMs: number })[] = [];
    for (const groupId of book.groupIds()) {
      for (const host of await book.due(groupId, now)) due.push({ groupId, ...host });
    }
    this.#queue = due.toSorted((a, b) => a.dueAtMs - b.dueAtMs);
  }

  #hold(turn: Turn, look: Promise<void>): void {
    const key = keyOf(turn);
    const held = look.finally(() => {
      if (this.#running.get(key) === held) this.#running.delete(key);
    });
    this.#running.set(key, held);
  }

  #tell(groupId: string): void {
    const { hub, clock } = this.#parts;
    hub.publish(groupId, { type: 'hosts' });
    hub.publish(groupId, { type: 'topology', atMs: clock.now() });
  }
}

function keyOf({ groupId, hostId }: Turn): string {
  return `${groupId} ${hostId}`;
}

function tooSoon(seconds: number): AppError {
  return new AppError('TOO_MANY_ATTEMPTS', `this address was looked at a moment ago: wait ${seconds} s`, {
    retryable: true,
    details: { retryAfterSeconds: seconds },
  });
}
