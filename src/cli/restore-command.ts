import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { checkPlacement, checkTarget, freeBytes, namesInTheWay } from '../restore/checks.ts';
import { parseRename } from '../restore/namespaces.ts';
import { makePlan } from '../restore/plan.ts';
import { type RestoreReport, restore } from '../restore/restore.ts';
import { Target } from '../restore/target.ts';
import { AppError } from '../runtime/errors.ts';
import { doubleHeapRoom } from '../runtime/heap-growth.ts';
import { ProgressPrinter } from './backup-progress.ts';
import type { Flags } from './commands.ts';
import { runDocumentsRestore, saysNobodyYes } from './restore-documents.ts';
import { type PlannedRestore, planJson, planText, progressText, reportJson, reportText } from './restore-report.ts';
import { checkSourceFlags, openSource } from './restore-source.ts';
import { checkSelectionFlags, selectionOf } from './selection-flags.ts';

const defaultParallel = 4;

/** `leafward restore`: exit status 0 only when the target took everything, was read back and holds what was sent. */
export async function runRestoreCommand(flags: Flags): Promise<void> {
  doubleHeapRoom();
  const stop = new AbortController();
  const interrupted = new AppError('TIMEOUT', 'interrupted', {
    hint:
      flags['filter'] === undefined && flags['id'] === undefined
        ? 'Run it again; --drop replaces what is incomplete.'
        : 'Run it again: what was written counts as restored.',
  });
  // The second one ends the process at once: nobody listens any more.
  process.once('SIGINT', () => stop.abort(interrupted));
  process.once('SIGTERM', () => stop.abort(interrupted));
  const progress = new ProgressPrinter(flags['json'] === true);
  const incomplete = new Set<string>();
  try {
    await run(flags, stop.signal, progress, incomplete);
  } catch (thrown) {
    progress.end();
    if (incomplete.size > 0) console.error(`incomplete in the target: ${[...incomplete].toSorted().join(', ')}`);
    if (!stop.signal.aborted) throw thrown;
    console.error(`leafward: ${interrupted.message}\nnext: ${interrupted.hint}`);
    process.exitCode = 130;
  }
}

async function run(
  flags: Flags,
  signal: AbortSignal,
  progress: ProgressPrinter,
  incomplete: Set<string>,
): Promise<void> {
  const json = flags['json'] === true;
  const parallel = parallelOf(flags);
  const renames = listOf(flags, 'rename').map(parseRename);
  const uri = targetUri(flags);
  checkSourceFlags(flags);
  const selection = selectionOf(flags, 'leafward restore');
  checkSelectionFlags(flags, selection);
  const onRetry = (reason: string): void => progress.show(`waiting: ${reason}`);
  await using target = await Target.open({ uri, connections: parallel, signal, onRetry });
  const { source, close } = await openSource(flags, signal, onRetry, selection);
  try {
    checkTarget(source, target, { allowSource: flags['toSource'] === true, allowOlder: flags['toOlder'] === true });
    const plan = makePlan(source, {
      namespaces: listOf(flags, 'namespace'),
      renames,
      usersAndRoles: flags['usersAndRoles'] === true,
    });
    checkPlacement(target, plan);
    if (selection !== undefined) {
      const isWhole = await runDocumentsRestore({ source, target, plan, flags, parallel, signal, progress });
      if (!isWhole) process.exitCode = 1;
      return;
    }
    const planned = {
      source,
      plan,
      target: target.facts,
      inTheWay: await namesInTheWay(target, plan),
      freeBytes: await freeBytes(target),
    };
    if (flags['dryRun'] === true) return console.log(json ? JSON.stringify(planJson(planned)) : planText(planned));
    if (flags['yes'] !== true) await askFirst(planned, flags['drop'] === true, signal);
    const report = await restore(source, target, plan, {
      drop: flags['drop'] === true,
      keepTtlOff: flags['keepTtlOff'] === true,
      parallel,
      onProgress: (now) => progress.show(progressText(now)),
      onCollection: (namespace, state) =>
        void (state === 'begun' ? incomplete.add(namespace) : incomplete.delete(namespace)),
      now: () => performance.now(),
    });
    progress.end();
    console.log(json ? JSON.stringify(reportJson(report)) : reportText(report));
    if (report.refusals.length > 0) process.exitCode = 1;
  } catch (thrown) {
    const differing = reportOf(thrown);
    progress.end();
    if (differing !== undefined) console.log(json ? JSON.stringify(reportJson(differing)) : reportText(differing));
    throw thrown;
  } finally {
    await close();
  }
}

function reportOf(thrown: unknown): RestoreReport | undefined {
  if (!(thrown instanceof AppError) || thrown.code !== 'RESTORE_DIFFERS') return undefined;
  const report = thrown.details['report'] as RestoreReport;
  // That of chosen documents was printed.
  return 'collections' in report ? report : undefined;
}

/** A connection string with a password is best named by a file: a command line can be read by every user of the machine. */
function targetUri(flags: Flags): string {
  const { to, toFile } = flags;
  if (typeof to === 'string' && toFile === undefined) return to;
  if (typeof toFile !== 'string' || to !== undefined) {
    throw new AppError('USAGE', 'leafward restore: name the target by --to mongodb://… or --to-file FILE');
  }
  try {
    return readFileSync(toFile, 'utf8').trim();
  } catch (cause) {
    throw new AppError('USAGE', `--to-file: cannot read ${toFile}`, { cause });
  }
}

function listOf(flags: Flags, name: string): string[] {
  const value = flags[name];
  if (typeof value !== 'string') return [];
  const parts = value.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

function parallelOf({ parallel }: Flags): number {
  if (parallel === undefined) return defaultParallel;
  const count = Number(parallel);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new AppError('USAGE', `--parallel ${JSON.stringify(parallel)}: expected a whole number from 1 to 64`);
}

async function askFirst(planned: PlannedRestore, drop: boolean, signal: AbortSignal): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw saysNobodyYes();
  }
  console.error(planText(planned));
  if (drop && planned.inTheWay.length > 0)
    console.error(`--drop: ${planned.inTheWay.length} collections of the target are REPLACED`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`\nWrite this into ${planned.target.host}? Type yes: `, { signal });
    if (answer.trim() !== 'yes') throw new AppError('USAGE', 'nothing was written', { hint: 'Only "yes" begins.' });
  } finally {
    terminal.close();
  }
}
