import type { StreamEvent } from '../../../wire/api/groups.ts';

/** What the Host and Compare pages need of the shell: the API, the address and the server's events. */
export interface PagePort {
  /** Reads `/api/v1` + path. Rejects with the server's problem as message, or when aborted. */
  get<T>(path: string, signal: AbortSignal): Promise<T>;
  post<T>(path: string, signal: AbortSignal): Promise<T>;
  /** Calls on every event of the group's stream. Returns the way to stop. */
  onStream(listener: (event: StreamEvent) => void): () => void;
  /** Calls when the stream is open again after it was lost: everything may have changed meanwhile. */
  onReopen(listener: () => void): () => void;
  /** Goes to an address of this site; `replace` leaves no step to go back to. */
  go(address: string, replace: boolean): void;
}
