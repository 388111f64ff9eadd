import { hostname } from 'node:os';
import { parseHostAddress } from '../model/host-address.ts';
import { AppError } from '../runtime/errors.ts';
import { readSettings } from '../runtime/settings.ts';
import { targetOf } from '../server/exposure/exposure-book.ts';
import { detailOf, findingOf, severityOf } from '../server/exposure/finding.ts';
import { type Probed, type ProbeWays, probeHost, realWays } from '../server/exposure/probe.ts';
import { hostsAnswer } from '../wire/api/deployment.ts';
import type { ExposureFinding, HostExposure } from '../wire/api/exposure.ts';
import { ServerClient } from '../wire/client.ts';
import { apiSettings } from './api-settings.ts';
import type { Flags } from './commands.ts';

const atOnce = 4;
const requestMs = 30_000;

/** One host, as `--json` prints it. */
export interface ProbedHost {
  readonly host: string;
  readonly finding: ExposureFinding | null;
  readonly severity: HostExposure['severity'];
  readonly detail: string;
  readonly address: string | null;
  readonly tls: boolean;
  readonly databases: number | null;
}

/** Exit status of the command, for cron and monitoring: what is worst decides. */
export const probeStatus = { closed: 0, answers: 1, open: 2, unknown: 3 } as const;

/**
 * Looks at hosts as the server's check does, from this machine: one that is not in their network sees what the internet sees.
 * The result is printed and goes nowhere else, so that an alert of the server speaks only of what the server saw itself.
 */
export async function runExposureProbeCommand(flags: Flags, args: readonly string[]): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new AppError('TIMEOUT', 'interrupted')));
  const hosts =
    flags['fromServer'] === true ? await hostsOfGroup(flags, args, stop.signal) : args.map(parseHostAddress);
  if (hosts.length === 0)
    throw new AppError('USAGE', 'leafward exposure-probe: name hosts (HOST[:PORT]), or --from-server');
  const json = flags['json'] === true;
  const print = (found: ProbedHost): void => {
    if (!json) console.log(`${marks[found.severity]} ${found.host}  ${found.finding ?? 'unknown'}\n  ${found.detail}`);
  };
  const found = await probeAll([...new Set(hosts)], realWays, stop.signal, print);
  if (json) console.log(JSON.stringify({ seenFrom: hostname(), atMs: Date.now(), hosts: found }, null, 2));
  process.exitCode = statusOf(found);
}

const marks: Readonly<Record<HostExposure['severity'], string>> = {
  ok: '●',
  info: '▲',
  warn: '▲',
  bad: '■',
  unknown: '◌',
};

/** In the order of the names; a few at once. */
export async function probeAll(
  hosts: readonly string[],
  ways: ProbeWays,
  signal: AbortSignal,
  onFound: (found: ProbedHost) => void,
): Promise<readonly ProbedHost[]> {
  const found: ProbedHost[] = [];
  for (let at = 0; at < hosts.length; at += atOnce) {
    const some = await Promise.all(
      hosts.slice(at, at + atOnce).map(async (host) => shownProbe(host, await probeHost(host, ways, signal))),
    );
    for (const one of some) onFound(one);
    found.push(...some);
  }
  return found;
}

function shownProbe(host: string, probed: Probed): ProbedHost {
  const finding = findingOf(probed);
  const look = probed.kind === 'looked' ? probed.look : undefined;
  return {
    host,
    finding,
    severity: severityOf(finding),
    detail: detailOf(probed),
    address: probed.kind === 'looked' ? probed.address : null,
    tls: look !== undefined && 'tls' in look && look.tls,
    databases: look?.kind === 'open' ? look.databases : null,
  };
}

export function statusOf(found: readonly Pick<ProbedHost, 'finding'>[]): number {
  if (found.some(({ finding }) => finding === 'open')) return probeStatus.open;
  if (found.some(({ finding }) => finding === 'mongodb' || finding === 'otherService')) return probeStatus.answers;
  return found.some(({ finding }) => finding === null) ? probeStatus.unknown : probeStatus.closed;
}

/** Those that an agent has polled, by the address that it dials. */
async function hostsOfGroup(flags: Flags, args: readonly string[], signal: AbortSignal): Promise<readonly string[]> {
  if (args.length > 0) throw new AppError('USAGE', 'leafward exposure-probe: name hosts, or --from-server, not both');
  const { apiToken, groupId, ...rest } = readSettings(apiSettings, { flags, env: process.env });
  const client = new ServerClient({ ...rest, groupId, apiKey: apiToken, env: process.env });
  try {
    const path = `/api/v1/groups/${encodeURIComponent(groupId)}/hosts`;
    const hosts = await client.request({ path, answer: hostsAnswer, timeoutMs: requestMs, signal });
    return hosts.filter(({ lastSampleAtMs }) => lastSampleAtMs !== null).map(targetOf);
  } finally {
    await client.close();
  }
}
