import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/periodic.ts';
import type { SetMembers, UsableMember } from '../source/set-members.ts';
import type { ScanThread } from './scan-thread.ts';

/** A secondary that is read falls behind when it has too much to do: beyond this the scan rests until it is below the other. */
const restSeconds = 10;
const goOnSeconds = 5;
const lookEveryMs = 3000;

interface ScanPaceParts {
  readonly members: SetMembers;
  readonly log: Log;
  readonly threads: () => readonly ScanThread[];
  /** Of the whole scan, as the task says now. */
  readonly bytesPerSecond: () => number | null;
  /** Host that is read. */
  readonly host: () => string | null;
}

/** Keeps a scan within its bandwidth, whatever that is changed to, and from holding up the replication of the member that it reads. */
export class ScanPace {
  readonly #parts: ScanPaceParts;
  #rests = false;

  constructor(parts: ScanPaceParts) {
    this.#parts = parts;
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (await sleep(lookEveryMs, signal)) {
      await this.#look(signal);
      this.tell();
    }
  }

  /** Tells the threads what they may use; threads that begin are to be told at once. */
  tell(): void {
    const { threads, bytesPerSecond } = this.#parts;
    const all = bytesPerSecond();
    for (const thread of threads()) thread.pace(all === null ? null : all / threads().length, this.#rests);
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { members, log, host } = this.#parts;
    let seconds: number;
    try {
      const { usable } = await members.survey(signal);
      seconds = lagSeconds(usable, host());
    } catch {
      return;
    }
    const rests = seconds > (this.#rests ? goOnSeconds : restSeconds);
    if (rests === this.#rests) return;
    this.#rests = rests;
    if (rests) log.info('the member that is scanned falls behind, the scan rests', { member: host(), seconds });
    else log.info('the scan goes on', { member: host() });
  }
}

/** How far the host's applied entries are behind those of the newest member. */
export function lagSeconds(usable: readonly UsableMember[], host: string | null): number {
  const applied = (one: UsableMember): number => Number((one.hello.applied?.ts ?? 0n) >> 32n);
  const own = usable.find(({ member }) => member.host === host);
  return own === undefined ? 0 : Math.max(...usable.map(applied)) - applied(own);
}
