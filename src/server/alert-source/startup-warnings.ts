import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { HostStore } from '../ports.ts';

const readEveryMs = 60_000;
const linesAtMost = 20;

/** What `getLog: startupWarnings` answers: lines of JSON, or plain text before 4.4. */
const document = z.object({ log: z.array(z.string()) }).catch({ log: [] });
const jsonLine = z.object({ msg: z.string() });

/** What the processes of a group warned of at their start, by host id; read again once a minute. */
export class StartupWarnings {
  readonly #hosts: HostStore;
  readonly #clock: Clock;
  #lines: ReadonlyMap<string, readonly string[]> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(hosts: HostStore, clock: Clock) {
    this.#hosts = hosts;
    this.#clock = clock;
  }

  async lines(groupId: string): Promise<ReadonlyMap<string, readonly string[]>> {
    const nowMs = this.#clock.now();
    if (Math.abs(nowMs - this.#readAtMs) < readEveryMs) return this.#lines;
    const found = await this.#hosts.documentsOfKind(groupId, 'startupWarnings');
    this.#lines = new Map(found.map(({ hostId, document }) => [hostId, warningLines(document)]));
    this.#readAtMs = nowMs;
    return this.#lines;
  }
}

export function warningLines(given: unknown): readonly string[] {
  return document
    .parse(given)
    .log.slice(0, linesAtMost)
    .map((line) => messageOf(line).slice(0, 500))
    .filter((line) => /\w/.test(line));
}

function messageOf(line: string): string {
  try {
    const parsed = jsonLine.safeParse(JSON.parse(line));
    return parsed.success ? `${parsed.data.msg.replace(/[.\s]+$/, '')}.` : line;
  } catch {
    // A plain line; older servers put "** WARNING:" and their clock before it.
    return line.replace(/^.*\*\*\s*(?:WARNING:)?\s*/, '').trim();
  }
}
