import { AppError } from '../../runtime/errors.ts';
import type { MemberClient } from '../source/member-client.ts';
import { reach } from './scan-start.ts';

/**
 * Majority reads of one process of mongod never go back. So it is enough that the member has come to a timestamp once, as long as it
 * is the same process: a read that names the timestamp itself (afterClusterTime) would wait for every prepared transaction whose
 * documents it meets, for as long as that is open.
 */
export class SteadyMember {
  readonly client: MemberClient;
  #reached = 0n;
  #process: string | undefined;

  constructor(client: MemberClient) {
    this.client = client;
  }

  /** Resolves when majority reads of this member show what was there at the timestamp. */
  async reach(ts: bigint, signal: AbortSignal): Promise<void> {
    if (this.#reached >= ts && this.#process !== undefined) return;
    const { processId } = await this.client.hello(signal);
    await reach(this.client, ts, signal);
    this.#reached = ts;
    this.#process = processId;
  }

  /** @throws TIMEOUT (retryable) when it is another process by now, which may be behind for a moment */
  async check(signal: AbortSignal): Promise<void> {
    const { processId } = await this.client.hello(signal);
    if (processId !== undefined && processId === this.#process) return;
    this.#process = undefined;
    throw new AppError('TIMEOUT', `${this.client.host} was restarted while it was read`, { retryable: true });
  }
}
