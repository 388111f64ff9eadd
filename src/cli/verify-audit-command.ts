import { AppError } from '../runtime/errors.ts';
import { type AuditVerdict, verifyAuditLog } from '../storage/sqlite/audit-verify.ts';
import type { Flags } from './commands.ts';

/** `leafward admin verify-audit`: reads the files; a server may run on them. Exit status 1 when the chain is broken. */
export async function runVerifyAuditCommand(flags: Flags): Promise<void> {
  const given = flags['dataDir'];
  const dataDir = typeof given === 'string' ? given : (process.env['LEAFWARD_DATA_DIR'] ?? '/var/lib/leafward/server');
  const verdict = verifyAuditLog(dataDir, knownHead(flags['head']));
  console.log(flags['json'] === true ? JSON.stringify(verdict) : words(verdict));
  if (!verdict.ok) process.exitCode = 1;
}

function knownHead(flag: Flags[string]): { sequence: number; hash: string } | undefined {
  if (typeof flag !== 'string') return undefined;
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(flag.trim()) ?? [];
  if (sequence === undefined || hash === undefined) {
    throw new AppError('USAGE', '--head is written as this command prints it: 1234:<64 hex digits>');
  }
  return { sequence: Number(sequence), hash };
}

function words({ events, anchor, head, bad }: AuditVerdict): string {
  const first = anchor.sequence + 1;
  const range = events === 0 ? 'no events' : `${events} events (${first} to ${head.sequence})`;
  const cut = anchor.sequence === 0 ? '' : `\nEvents up to ${anchor.sequence} were removed by the retention.`;
  if (bad !== null) {
    const where = bad.sequence === null ? 'The log as a whole' : `Event ${bad.sequence}`;
    return `The audit log is broken.\n${where}: ${bad.reason}.\nGood before that: ${range}.${cut}`;
  }
  const newest = head.atMs === null ? '' : `, ${new Date(head.atMs).toISOString()}`;
  return `The audit log is whole: ${range}${newest}.${cut}\nhead  ${head.sequence}:${head.hash}`;
}
