import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildInfo } from '../runtime/build-info.ts';
import type { AgentHealth } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { ProblemLog } from '../runtime/problem-log.ts';
import { processStart } from '../runtime/process-id.ts';
import { StatsReader } from '../runtime/process-stats.ts';
import type { Pulse } from '../runtime/pulse.ts';
import { redact } from '../runtime/redact.ts';

/** What an agent says about itself: in `status.json` of its state directory, and where `statusListen` names an address. */
export const agentStatus = z.object({
  service: z.string(),
  version: z.string(),
  pid: z.number().int(),
  /** Tells this process from another that got its id later; "" where the platform does not tell. */
  processStart: z.string(),
  agentId: z.string(),
  server: z.string(),
  group: z.string(),
  startedAt: z.iso.datetime(),
  at: z.iso.datetime(),
  /** Nothing keeps it from its work. */
  healthy: z.boolean(),
  troubles: z.array(
    z.object({ what: z.string(), code: z.string(), message: z.string(), next: z.string(), since: z.iso.datetime() }),
  ),
  facts: z.record(z.string(), z.string()),
  gauges: z.record(z.string(), z.number()),
  counters: z.record(z.string(), z.number()),
});
export type AgentStatus = z.infer<typeof agentStatus>;

export const statusFileName = 'status.json';
/** An older status is one of an agent that stands still. */
export const statusEveryMs = 10_000;
const lookEveryMs = 1000;

interface StatusParts {
  readonly service: string;
  readonly settings: () => { readonly stateDir: string; readonly serverUrl: string; readonly groupId: string };
  /** Undefined while none runs: it is started again. */
  readonly health: () => (AgentHealth & { readonly agentId: string }) | undefined;
  readonly pulse: Pulse;
  readonly log: Log;
}

/** Makes an agent's status and keeps it in its state directory. */
export class StatusKeeper {
  readonly #parts: StatusParts;
  readonly #stats = new StatsReader();
  readonly #startedAt = new Date().toISOString();
  #cost: Readonly<Record<string, number>> = {};
  #last: AgentHealth & { readonly agentId: string } = {
    agentId: '',
    troubles: [],
    facts: {},
    gauges: {},
    counters: {},
  };

  constructor(parts: StatusParts) {
    this.#parts = parts;
  }

  now(): AgentStatus {
    const { service, settings, health, pulse } = this.#parts;
    const { serverUrl, groupId } = settings();
    this.#last = health() ?? this.#last;
    const { agentId, facts, gauges, counters } = this.#last;
    const at = new Date().toISOString();
    const troubles = [
      ...this.#last.troubles.map(({ what, code, message, next, sinceMs }) => ({
        what,
        code,
        message: redact(message),
        next: redact(next),
        since: new Date(sinceMs).toISOString(),
      })),
      ...pulse.late().map((loop) => stuck(loop, at)),
    ];
    return {
      service,
      version: buildInfo.version,
      pid: process.pid,
      processStart: processStart(process.pid),
      agentId,
      server: serverUrl,
      group: groupId,
      startedAt: this.#startedAt,
      at,
      healthy: troubles.length === 0,
      troubles,
      facts,
      gauges: { ...this.#cost, ...gauges },
      counters: { cpuSeconds: process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6, ...counters },
    };
  }

  /** Writes the file every ten seconds, and as soon as troubles come or go; it goes when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const problem = new ProblemLog(this.#parts.log, 'writing the status file');
    let path = '';
    let writtenAtMs = Number.NEGATIVE_INFINITY;
    let written = '';
    do {
      const troubles = JSON.stringify(this.now().troubles.map(({ what, code }) => [what, code]));
      if (performance.now() - writtenAtMs < statusEveryMs && troubles === written) continue;
      try {
        await this.#measure();
        path = join(this.#parts.settings().stateDir, statusFileName);
        await writeWhole(path, `${JSON.stringify(this.now(), null, 2)}\n`);
        problem.worked();
      } catch (thrown) {
        problem.failed(thrown);
      }
      writtenAtMs = performance.now();
      written = troubles;
    } while (await sleep(lookEveryMs, signal));
    if (path !== '') await rm(path, { force: true });
  }

  async #measure(): Promise<void> {
    const { cpuPercent, rssBytes, rssAnonBytes } = await this.#stats.read();
    this.#cost = { cpuPercent, rssBytes, ...(rssAnonBytes === undefined ? {} : { rssAnonBytes }) };
  }
}

function stuck(loop: string, since: string): AgentStatus['troubles'][number] {
  return {
    what: loop,
    code: 'TIMEOUT',
    message: 'makes no progress',
    next: 'Start the agent again; where systemd runs it, it does so by itself. Please report it with the log.',
    since,
  };
}

/** Not synced: after a power cut nobody asks for it. */
async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { mode: 0o600 });
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
}
