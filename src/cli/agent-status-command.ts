import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../runtime/errors.ts';
import { processRuns, processStart } from '../runtime/process-id.ts';
import { readSettings, type Setting, type SettingsTable } from '../runtime/settings.ts';
import { type AgentStatus, agentStatus, statusEveryMs, statusFileName } from './agent-status.ts';
import type { Flags } from './commands.ts';

/** What the command prints with --json. */
interface StatusAnswer {
  readonly running: boolean;
  readonly healthy: boolean;
  /** Why it is not healthy; one sentence each. */
  readonly reasons: readonly string[];
  /** What the agent said last about itself; null: nothing. */
  readonly status: AgentStatus | null;
}

/** `leafward monitoring-agent status`: exit status 0 when the agent of this machine runs and nothing keeps it from its work, else 1. */
export async function runAgentStatusCommand(
  service: 'monitoring-agent' | 'backup-agent',
  table: SettingsTable,
  flags: Flags,
): Promise<void> {
  const answer = await statusIn(stateDirOf(service, table, flags), service);
  console.log(flags['json'] === true ? JSON.stringify(answer) : textOf(service, answer));
  if (!answer.healthy) process.exitCode = 1;
}

/** Of all settings only this one matters: the file may be one that this user can only partly use. */
function stateDirOf(service: string, table: SettingsTable, flags: Flags): string {
  const named = flags['settings'];
  const usual = `/etc/leafward/${service}.config`;
  const file = typeof named === 'string' ? named : existsSync(usual) ? usual : undefined;
  const open: Record<string, Setting> = {};
  for (const [name, setting] of Object.entries(table)) open[name] = { ...setting, required: false };
  const settings = readSettings(open, { ...(file === undefined ? {} : { file }), flags, env: process.env });
  const { stateDir } = settings;
  if (typeof stateDir === 'string') return stateDir;
  throw new AppError('SETTINGS_INVALID', 'stateDir is not set');
}

async function statusIn(stateDir: string, service: string): Promise<StatusAnswer> {
  const path = join(stateDir, statusFileName);
  const status = await readStatus(path);
  if (status === undefined) {
    return { running: false, healthy: false, reasons: [`no ${service} runs on ${stateDir}`], status: null };
  }
  if (!runs(status)) {
    const reasons = [`process ${status.pid} ended without a word; the last one is of ${status.at}`];
    return { running: false, healthy: false, reasons, status };
  }
  const ageMs = Date.now() - Date.parse(status.at);
  const stale = ageMs > 3 * statusEveryMs ? [`it has said nothing for ${Math.round(ageMs / 1000)} s`] : [];
  const reasons = [...stale, ...status.troubles.map(({ what, message, next }) => `${what}: ${message}. Next: ${next}`)];
  return { running: true, healthy: reasons.length === 0, reasons, status };
}

async function readStatus(path: string): Promise<AgentStatus | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new AppError('SETTINGS_INVALID', `cannot read ${path}: ${String(cause)}`, {
      cause,
      hint: 'Ask as the user that the agent runs as, or as root: sudo -u leafward leafward … status.',
    });
  }
  try {
    return agentStatus.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('FORMAT_INVALID', `${path} is no status of an agent`, { cause });
  }
}

function runs({ pid, processStart: start }: AgentStatus): boolean {
  if (!processRuns(pid)) return false;
  return start === '' || processStart(pid) === '' || processStart(pid) === start;
}

function textOf(service: string, { running, healthy, reasons, status }: StatusAnswer): string {
  const head = `leafward ${service} ${running ? `runs as process ${status?.pid}` : 'does not run'}${healthy ? ', and is healthy' : ''}`;
  const lines = [head, ...reasons.map((reason) => `  ! ${reason}`)];
  if (status !== null) {
    lines.push(`  version ${status.version}, started ${status.startedAt}, said so ${status.at}`);
    lines.push(`  server ${status.server}, group ${status.group}, agent ${status.agentId}`);
    const words = [...Object.entries(status.facts), ...Object.entries({ ...status.gauges, ...status.counters })];
    for (const [name, value] of words) {
      lines.push(`  ${name.padEnd(20)} ${typeof value === 'number' ? figureOf(name, value) : value}`);
    }
  }
  return lines.join('\n');
}

function figureOf(name: string, value: number): string {
  if (name.endsWith('Bytes') && value >= 2 ** 20) return `${(value / 2 ** 20).toFixed(1)} MiB`;
  return String(Math.round(value * 100) / 100);
}
