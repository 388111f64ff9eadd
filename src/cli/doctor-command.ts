import { parseHostAddress } from '../model/host-address.ts';
import { examineHost } from '../monitor/doctor-host.ts';
import { examineServer } from '../monitor/doctor-server.ts';
import { DoctorSteps } from '../monitor/doctor-steps.ts';
import { hostConnection } from '../monitor/host-connection.ts';
import { ServerLink } from '../monitor/server-link.ts';
import { visitorIdentity } from '../monitor/visit.ts';
import { silentLog } from '../runtime/log.ts';
import { redact } from '../runtime/redact.ts';
import type { DoctorStep, Target } from '../wire/agent-messages.ts';
import { ServerClient } from '../wire/client.ts';
import type { Flags } from './commands.ts';
import { agentSettingsOf, readAgentSettings } from './monitoring-agent-command.ts';

interface Examination {
  /** The server's address, or a host. */
  readonly of: string;
  readonly steps: DoctorStep[];
  readonly failures: number;
}

const marks = { ok: 'ok   ', warn: 'warn ', failed: 'FAIL ', skipped: '-    ', waiting: '     ', running: '     ' };

/** `leafward doctor`: exit status 0 when every step went well, else 1. */
export async function runDoctorCommand(flags: Flags): Promise<void> {
  const json = flags['json'] === true;
  const settings = agentSettingsOf(readAgentSettings(flags));
  // No instance: the server counts it as a visit, so that no agent appears or loses its place because of it.
  const identity = { ...(await visitorIdentity(settings.stateDir)), instanceId: '' };
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const client = new ServerClient(settings);
  const examinations: Examination[] = [];
  try {
    const link = new ServerLink(client, identity, stop.signal);
    const { env } = settings;
    const proxy = settings.httpProxy ?? env?.['https_proxy'] ?? env?.['HTTPS_PROXY'];
    let targets: readonly Target[] = [];
    examinations.push(
      await examine(settings.serverUrl, json, async (steps) => {
        const answer = await examineServer({ ...settings, proxy }, link, steps);
        targets = answer?.targets ?? [];
      }),
    );
    for (const target of chosen(flags['host'], targets)) {
      const connection = hostConnection(target, settings, identity, silentLog);
      examinations.push(await examine(target.host, json, (steps) => examineHost(connection, steps, stop.signal)));
    }
  } finally {
    await client.close();
  }
  if (json) console.log(redact(JSON.stringify({ examinations }, null, 2)));
  if (examinations.some(({ failures }) => failures > 0)) process.exitCode = 1;
}

function chosen(host: unknown, targets: readonly Target[]): readonly Target[] {
  if (typeof host !== 'string') return targets;
  const address = parseHostAddress(host);
  const known = targets.find((target) => target.host === address);
  return [known ?? { hostId: address, host: address, seed: true }];
}

async function examine(
  of: string,
  json: boolean,
  work: (steps: DoctorSteps) => Promise<unknown>,
): Promise<Examination> {
  if (!json) console.log(`\n${of}`);
  const done: DoctorStep[] = [];
  const steps = new DoctorSteps((step) => {
    if (step.state === 'running') return;
    done.push(step);
    if (!json) console.log(redact(lineOf(step)));
  });
  await work(steps);
  return { of, steps: done, failures: steps.failures };
}

function lineOf({ state, title, message, hint }: DoctorStep): string {
  const line = `  ${marks[state]}${title}: ${message}`;
  return hint === undefined ? line : `${line}\n         next: ${hint.replaceAll('\n', '\n         ')}`;
}
