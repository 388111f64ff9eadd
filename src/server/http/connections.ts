import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';

interface Connection {
  readonly socket: Socket;
  /** Requests under way. */
  requests: number;
}

/** How many strangers are looked at for one to let go of. */
const looksAtMost = 200;

/**
 * Keeps room for those who have proved who they are, agents above all: when all places are taken, the connection of a stranger
 * that has been idle longest makes room. Only when there is none is the newest refused.
 */
export class Connections {
  readonly #atMost: number;
  /** Those on which nobody has proved anything yet, the oldest first; by the address at the other end. */
  readonly #strangers = new Map<string, Connection>();
  #open = 0;

  constructor(atMost: number) {
    this.#atMost = atMost;
  }

  get open(): number {
    return this.#open;
  }

  add(socket: Socket): void {
    if (this.#open >= this.#atMost && !this.#letOneGo()) {
      socket.destroy();
      return;
    }
    this.#open++;
    const key = keyOf(socket);
    if (key !== undefined) this.#strangers.set(key, { socket, requests: 0 });
    socket.once('close', () => {
      this.#open--;
      if (key !== undefined) this.#strangers.delete(key);
    });
  }

  /** Somebody has proved who they are on this connection. */
  trust(socket: Socket): void {
    const key = keyOf(socket);
    if (key !== undefined) this.#strangers.delete(key);
  }

  /** A request began or ended. With TLS the request's socket is another object than the one that was added. */
  count(socket: Socket, change: 1 | -1): void {
    const key = keyOf(socket);
    const connection = key === undefined ? undefined : this.#strangers.get(key);
    if (connection !== undefined) connection.requests += change;
  }

  #letOneGo(): boolean {
    let looks = 0;
    for (const [key, { socket, requests }] of this.#strangers) {
      if (requests === 0) {
        // Its close comes later: nobody else takes it for one that can still go.
        this.#strangers.delete(key);
        socket.destroy();
        return true;
      }
      if (++looks >= looksAtMost) return false;
    }
    return false;
  }
}

/** Connections over a Unix socket come from a proxy on this machine: they are no strangers. */
function keyOf({ remoteAddress, remotePort }: Socket): string | undefined {
  return remoteAddress === undefined ? undefined : `${remoteAddress} ${remotePort}`;
}

/** Files and connections that this process may have open; Node raises it to what the system allows. Infinity where it is not known. */
export function openFilesAtMost(): number {
  try {
    const text = readFileSync('/proc/self/limits', 'utf8');
    return Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
