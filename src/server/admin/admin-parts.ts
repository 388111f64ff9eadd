import type { Clock } from '../../runtime/clock.ts';
import type { Stores } from '../ports.ts';

/** What `leafward admin` works with. */
export interface AdminParts {
  readonly stores: Stores;
  readonly clock: Clock;
  /** Where links lead. */
  readonly url: () => Promise<string>;
  /** Ends the live pages of a user, where a server runs. */
  readonly endStreams?: (userId: string) => void;
}
