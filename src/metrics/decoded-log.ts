import { decodeFrames, type Frames } from './frame-log.ts';
import type { LogRow } from './ports.ts';

const maxBytes = 32 * 2 ** 20;

interface Held {
  readonly row: LogRow;
  readonly frames: Frames;
  readonly bytes: number;
}

/**
 * Log entries as they were decoded for the last charts: a page asks ten times for the hour that is not sealed yet. Those
 * used longest ago go first.
 */
export class DecodedLog {
  readonly #held = new Map<number, Held>();
  #bytes = 0;

  /** @throws STORE_CORRUPT */
  frames(row: LogRow): Frames {
    const known = this.#held.get(row.seq);
    if (known !== undefined) {
      this.#remove(known);
      // A sequence number may come again once the newest entries were sealed: then the entry is another.
      if (sameEntry(known.row, row)) return this.#keep({ ...known, row });
    }
    const frames = decodeFrames(row);
    const bytes = row.body.length + 8 * frames.values.reduce((sum, values) => sum + values.length + 1, 0);
    return this.#keep({ row, frames, bytes });
  }

  #keep(held: Held): Frames {
    this.#held.set(held.row.seq, held);
    this.#bytes += held.bytes;
    for (const oldest of this.#held.values()) {
      if (this.#bytes <= maxBytes) break;
      this.#remove(oldest);
    }
    return held.frames;
  }

  #remove(held: Held): void {
    this.#held.delete(held.row.seq);
    this.#bytes -= held.bytes;
  }
}

function sameEntry(a: LogRow, b: LogRow): boolean {
  return a.streamId === b.streamId && a.schemaId === b.schemaId && Buffer.compare(a.body, b.body) === 0;
}
