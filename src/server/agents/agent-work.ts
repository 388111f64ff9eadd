import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';
import type { AgentOrder, AnswersRequest } from '../../wire/agent-messages.ts';
import type { DoctorRun } from '../../wire/api/deployment.ts';
import { newId } from '../new-id.ts';

type RawReplies = NonNullable<AnswersRequest['rawReplies']>;

interface RawWait {
  readonly groupId: string;
  readonly resolve: (replies: RawReplies) => void;
  readonly reject: (thrown: unknown) => void;
}

interface GroupWork {
  version: number;
  readonly orders: AgentOrder[];
  readonly waiters: Set<() => void>;
}

const ordersPerGroup = 100;
const keptRuns = 500;
/** Without a word of the agent for this long, a check has failed: the agent ended, or its answer was lost. */
const doctorSilenceMs = 60_000;

/**
 * What the server wants of agents: settings by version, and orders. Orders are given out once, to the active agent;
 * whoever asked has a deadline, so a lost one costs no more than that.
 */
export class AgentWork {
  readonly #clock: Clock;
  readonly #groups = new Map<string, GroupWork>();
  readonly #runs = new Map<string, { readonly groupId: string; run: DoctorRun; heardAtMs: number }>();
  readonly #raw = new Map<string, RawWait>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Grows with every change; begins at the time of start, so that it differs after a restart too. */
  version(groupId: string): number {
    return this.#group(groupId).version;
  }

  /** The targets or intervals changed: long polls answer now. */
  settingsChanged(groupId: string): void {
    const group = this.#group(groupId);
    group.version++;
    wake(group);
  }

  /** Resolves when settings change, an order waits, the time is over or the signal aborts. */
  async wait(groupId: string, waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || waitMs <= 0) return;
    const group = this.#group(groupId);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    const stop = (): void => resolve();
    group.waiters.add(stop);
    signal.addEventListener('abort', stop);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      group.waiters.delete(stop);
      signal.removeEventListener('abort', stop);
    }
  }

  hasOrders(groupId: string): boolean {
    return this.#group(groupId).orders.length > 0;
  }

  takeOrders(groupId: string): AgentOrder[] {
    return this.#group(groupId).orders.splice(0);
  }

  startDoctor(groupId: string, hostId: string): DoctorRun {
    const orderId = newId('o');
    const run: DoctorRun = { orderId, hostId, done: false, steps: [], error: null };
    this.#enqueue(groupId, { kind: 'doctor', orderId, hostId });
    this.#runs.set(orderId, { groupId, run, heardAtMs: this.#clock.now() });
    keepNewest(this.#runs, keptRuns);
    return run;
  }

  /** A check of which nothing is heard for a minute ends with an error. */
  doctorRun(groupId: string, orderId: string): DoctorRun | undefined {
    const kept = this.#runs.get(orderId);
    if (kept?.groupId !== groupId) return undefined;
    if (!kept.run.done && this.#clock.now() - kept.heardAtMs >= doctorSilenceMs) {
      kept.run = { ...kept.run, done: true, error: silence };
      this.#forget(groupId, orderId);
    }
    return kept.run;
  }

  /** The last replies of a host, asked of the active agent. @throws TIMEOUT when it does not answer in time. */
  async rawReplies(groupId: string, hostId: string, deadlineMs: number): Promise<RawReplies> {
    const orderId = newId('o');
    const { promise, resolve, reject } = Promise.withResolvers<RawReplies>();
    this.#enqueue(groupId, { kind: 'rawReplies', orderId, hostId });
    this.#raw.set(orderId, { groupId, resolve, reject });
    const late = new AppError('TIMEOUT', `the agent did not answer within ${deadlineMs / 1000} s`, {
      retryable: true,
      hint: 'Look at the Agents page: is one active and in touch?',
    });
    const timer = setTimeout(() => reject(late), deadlineMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#raw.delete(orderId);
      this.#forget(groupId, orderId);
    }
  }

  /** Takes an agent's answer; false when nobody of this group waits for it. */
  answer(groupId: string, answers: AnswersRequest): boolean {
    const raw = this.#raw.get(answers.orderId);
    if (raw?.groupId === groupId) {
      const { error } = answers;
      if (error === undefined) raw.resolve(answers.rawReplies ?? []);
      else raw.reject(new AppError('CONFLICT', error.message, { hint: error.hint, details: { code: error.code } }));
      return true;
    }
    const kept = this.#runs.get(answers.orderId);
    if (kept?.groupId !== groupId) return false;
    const steps = [...kept.run.steps];
    for (const step of answers.doctor ?? []) {
      const at = steps.findIndex((known) => known.step === step.step);
      if (at < 0) steps.push(step);
      else steps[at] = step;
    }
    kept.heardAtMs = this.#clock.now();
    kept.run = {
      ...kept.run,
      steps: steps.slice(0, 100),
      done: kept.run.done || answers.done,
      error: answers.error ?? null,
    };
    return true;
  }

  #enqueue(groupId: string, order: AgentOrder): void {
    const group = this.#group(groupId);
    if (group.orders.length >= ordersPerGroup) {
      throw new AppError('TOO_MANY_ATTEMPTS', 'the agent has not taken the orders before this one', {
        retryable: true,
      });
    }
    group.orders.push(order);
    wake(group);
  }

  #forget(groupId: string, orderId: string): void {
    const { orders } = this.#group(groupId);
    const at = orders.findIndex((order) => order.orderId === orderId);
    if (at >= 0) orders.splice(at, 1);
  }

  #group(groupId: string): GroupWork {
    const known = this.#groups.get(groupId);
    if (known !== undefined) return known;
    const made: GroupWork = { version: this.#clock.now(), orders: [], waiters: new Set() };
    this.#groups.set(groupId, made);
    return made;
  }
}

const silence = {
  code: 'TIMEOUT',
  message: `the agent did not answer for ${doctorSilenceMs / 1000} s`,
  hint: 'Look at the Agents page: is one active and in touch? Then check again.',
};

function wake(group: GroupWork): void {
  for (const waiter of group.waiters) waiter();
}
