import { roleScript } from '../deployment/roles.ts';
import { examineHost } from '../monitor/doctor-host.ts';
import { examineServer } from '../monitor/doctor-server.ts';
import { DoctorSteps } from '../monitor/doctor-steps.ts';
import { AppError } from '../runtime/errors.ts';
import { redact } from '../runtime/redact.ts';
import type { DoctorStep } from '../wire/agent-messages.ts';
import { ServerClient } from '../wire/client.ts';
import type { Flags } from './commands.ts';
import { chosenPlaces, doctorAgent } from './doctor-agent.ts';

interface Examination {
  /** The server's address, or a host. */
  readonly of: string;
  readonly steps: DoctorStep[];
  readonly failures: number;
}

const marks = { ok: 'ok   ', warn: 'warn ', failed: 'FAIL ', skipped: '-    ', waiting: '     ', running: '     ' };

/** `leafward doctor`: exit status 0 when every step went well, else 1. */
export async function runDoctorCommand(flags: Flags): Promise<void> {
  if (flags['printRole'] !== undefined) return printRole(flags['printRole']);
  const json = flags['json'] === true;
  const agent = await doctorAgent(flags);
  const { settings, needs } = agent;
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort(new Error('interrupted')));
  const client = new ServerClient(settings);
  const examinations: Examination[] = [];
  try {
    const proxy = client.proxy?.url;
    let work: Awaited<ReturnType<typeof agent.work>> = { places: [], words: '' };
    const question = { ask: () => agent.work(client, stop.signal), words: ({ words }: typeof work) => words };
    examinations.push(
      await examine(settings.serverUrl, json, async (steps) => {
        work = (await examineServer({ ...settings, proxy }, question, steps)) ?? work;
      }),
    );
    for (const place of chosenPlaces(flags['host'], work)) {
      const connection = agent.connection(place);
      examinations.push(
        await examine(place.host, json, (steps) =>
          examineHost({ connection, logins: agent.logins, needs }, steps, stop.signal),
        ),
      );
    }
  } finally {
    await client.close();
  }
  if (json) console.log(redact(JSON.stringify({ examinations }, null, 2)));
  if (examinations.some(({ failures }) => failures > 0)) process.exitCode = 1;
}

function printRole(kind: unknown): void {
  if (kind !== 'monitoring' && kind !== 'backup' && kind !== 'restore')
    throw new AppError('USAGE', '--print-role is monitoring, backup or restore');
  console.log(roleScript(kind));
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
