import { AppError } from '../../runtime/errors.ts';
import type { MemberClient } from '../source/member-client.ts';
import { reach } from './scan-start.ts';

/**
 * Majority reads of one process of mongod never go back. So it is enough that the member has come to a timestamp once, as long as all
 * reads go over the same connection: a read that names the timestamp itself (afterClusterTime) would wait for every prepared transaction
 * whose documents it meets, for as long as that is open.
 */
export class SteadyMember {
  /** Of one connection. */
  readonly client: MemberClient;
  #reached = 0n;
  #connection = -1;

  constructor(client: MemberClient) {
    this.client = client;
  }

  /** Resolves when majority reads of this member show what was there at the timestamp. */
  async reach(ts: bigint, signal: AbortSignal): Promise<void> {
    if (this.#reached >= ts && this.#connection === this.client.connectionsMade) return;
    await reach(this.client, ts, signal);
    this.#reached = ts;
    this.#connection = this.client.connectionsMade;
  }

  /** @throws TIMEOUT (retryable) when it may be another process by now, which may be behind for a moment */
  check(): void {
    if (this.#connection === this.client.connectionsMade) return;
    this.#connection = -1;
    throw new AppError('TIMEOUT', `the connection with ${this.client.host} was lost while it was read`, {
      retryable: true,
    });
  }
}
