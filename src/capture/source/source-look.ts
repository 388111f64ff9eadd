import { type Optime, timestampText } from '../../model/optime.ts';
import { oplogEnds } from '../tail/oplog-reader.ts';
import { forOplog, type SetMembers } from './set-members.ts';

const oplogEveryMs = 30_000;

/** What is seldom asked of the source: how far it is, and how long its oplog still holds. */
export class SourceLook {
  readonly #members: SetMembers;
  #oplogAt = Number.NEGATIVE_INFINITY;
  /** Newest entry on a majority. */
  sourceLast: Optime | null = null;
  /** Oldest entry of the oplog that holds longest. */
  oplogFirst: string | null = null;
  oplogBytes: number | null = null;
  churnBytesPerSecond: number | null = null;

  constructor(members: SetMembers) {
    this.#members = members;
  }

  async look(signal: AbortSignal): Promise<void> {
    try {
      const { usable } = await this.#members.survey(signal);
      for (const { hello } of usable) {
        if (hello.majority !== undefined && hello.majority.ts > (this.sourceLast?.ts ?? 0n))
          this.sourceLast = hello.majority;
      }
      const [member] = forOplog(usable);
      if (member === undefined || performance.now() - this.#oplogAt < oplogEveryMs) return;
      this.#oplogAt = performance.now();
      const { first, last } = await oplogEnds(member.client, signal);
      const stats = await member.client.command('local', { collStats: 'oplog.rs' }, { signal });
      if (first === undefined || last === undefined) return;
      const seconds = Number((last >> 32n) - (first >> 32n));
      const size = Number(stats['size']);
      this.oplogFirst = timestampText(first);
      this.oplogBytes = Number(stats['maxSize'] ?? size);
      this.churnBytesPerSecond = seconds > 0 ? size / seconds : null;
    } catch {
      // Those who read the oplog tell what is wrong; these figures come again.
    }
  }
}
