import { timestampMs, timestampText } from '../model/optime.ts';
import type { RestorePlan } from '../restore/plan.ts';
import type { RestoreSource } from '../restore/ports.ts';
import type { RestoreProgress } from '../restore/progress.ts';
import type { RestoreReport } from '../restore/restore.ts';
import type { TargetFacts } from '../restore/target.ts';
import { bytesWords, durationWords } from './backup-progress.ts';

/** Documents a second, before indexes: what the plan's time is reckoned with (docs/benchmarks.md). */
const plannedBytesPerSecond = 20_000_000;

export interface PlannedRestore {
  readonly source: RestoreSource;
  readonly plan: RestorePlan;
  readonly target: TargetFacts;
  readonly inTheWay: readonly string[];
  /** On the target's disk; null: it does not tell. */
  readonly freeBytes: number | null;
}

/** What `--dry-run --json` prints. */
export function planJson({ source, plan, target, inTheWay, freeBytes }: PlannedRestore): object {
  return {
    optime: timestampText(source.optime.ts),
    at: new Date(timestampMs(source.optime.ts)).toISOString(),
    target: { host: target.host, version: target.version, setName: target.setName, freeBytes },
    collections: plan.collections.map(({ from, to, source: { documents, contentBytes }, indexes }) => ({
      from,
      to,
      documents,
      bytes: contentBytes,
      indexes: indexes.length,
    })),
    views: plan.views.map(({ from, to }) => ({ from, to })),
    usersAndRoles: plan.accounts.length > 0,
    skipped: plan.skipped,
    inTheWay,
    documents: plan.documents,
    bytes: plan.contentBytes,
    expectedSeconds: Math.ceil(plan.contentBytes / plannedBytesPerSecond),
  };
}

/** The same for a person. */
export function planText(planned: PlannedRestore): string {
  const { source, plan, target, inTheWay, freeBytes } = planned;
  const rows = plan.collections.map(({ from, to, source: { documents, contentBytes }, indexes }) => [
    from === to ? to : `${from} -> ${to}`,
    `${documents}`,
    bytesWords(contentBytes),
    `${indexes.length}`,
  ]);
  const seconds = plan.contentBytes / plannedBytesPerSecond;
  const lines = [
    table([['collection', 'documents', 'size', 'indexes'], ...rows]),
    ...plan.views.map(({ from, to }) => `view ${from === to ? to : `${from} -> ${to}`}`),
    ...(plan.accounts.length > 0 ? ['users and roles'] : []),
    ...plan.skipped.map(({ namespace, why }) => `not restored: ${namespace} (${why})`),
    '',
    `as of     ${momentWords(source)}`,
    `into      ${target.host}, MongoDB ${target.version}${target.setName === null ? '' : `, replica set ${target.setName}`}`,
    `size      ${bytesWords(plan.contentBytes)} before compression${freeBytes === null ? '' : `, ${bytesWords(freeBytes)} free on the target`}`,
    `time      about ${durationWords(seconds)} at ${bytesWords(plannedBytesPerSecond)}/s, proof and indexes included`,
  ];
  if (freeBytes !== null && freeBytes < plan.contentBytes) {
    lines.push(
      'warning   the target may run out of space: it compresses what it stores, but indexes and oplog come on top',
    );
  }
  if (inTheWay.length > 0) lines.push(`in the way  ${inTheWay.slice(0, 20).join(', ')}: replaced only with --drop`);
  return lines.join('\n');
}

/** The proof, collection by collection, and what the target did not take. */
export function reportText(report: RestoreReport): string {
  const rows = report.collections.map(({ to, foundDocuments, foundBytes, foundDigest, difference }) => [
    to,
    `${foundDocuments}`,
    bytesWords(foundBytes),
    foundDigest.slice(0, 16),
    difference === null ? 'equal' : `DIFFERS: ${difference}`,
  ]);
  const { documents, bytes, indexes, views, accounts, copyMs, proofMs, tookMs } = report;
  const counts = [
    `${report.collections.length} collections`,
    `${documents} documents`,
    bytesWords(bytes),
    `${indexes} indexes`,
    ...(views > 0 ? [`${views} views`] : []),
    ...(accounts > 0 ? [`${accounts} users and roles`] : []),
  ];
  return [
    table([['collection', 'documents', 'size', 'sha-256', 'proof'], ...rows]),
    ...report.skipped.map(({ namespace, why }) => `not restored: ${namespace} (${why})`),
    ...refusalLines(report.refusals),
    '',
    `${counts.join(', ')} as of ${momentWords(report)} into ${report.target}`,
    `took ${durationWords(tookMs / 1000)}: ${durationWords(copyMs / 1000)} to write, ${durationWords(proofMs / 1000)} to read back and compare`,
  ].join('\n');
}

export function refusalLines(refusals: RestoreReport['refusals']): string[] {
  return refusals.map(
    ({ namespace, kind, name, reason }) => `refused by the target: ${kind} ${name} of ${namespace}: ${reason}`,
  );
}

export function reportJson(report: RestoreReport): object {
  const { optime, ...rest } = report;
  return { optime: timestampText(optime.ts), at: new Date(timestampMs(optime.ts)).toISOString(), ...rest };
}

const phaseWords = {
  search: 'looking for documents',
  data: 'writing',
  indexes: 'indexes',
  proof: 'proving',
  end: 'done',
} as const;

export function progressText({
  phase,
  documents,
  bytes,
  allBytes,
  bytesPerSecond,
  secondsLeft,
  doing,
}: RestoreProgress): string {
  if (phase === 'end') return 'done';
  if (phase === 'search') return `${phaseWords.search}: ${documents} found, ${bytesWords(bytes)}`;
  const share = allBytes > 0 ? `${Math.min(100, Math.floor((100 * bytes) / allBytes))}%, ` : '';
  const rate = bytesPerSecond > 0 ? `, ${bytesWords(bytesPerSecond)}/s` : '';
  const left = secondsLeft === null ? '' : `, ${durationWords(secondsLeft)} left`;
  const also = doing.length === 0 ? '' : `; ${doing.slice(0, 2).join(', ')}`;
  return `${phaseWords[phase]} ${share}${bytesWords(bytes)} of ${bytesWords(allBytes)}${rate}${left}${also}`;
}

export function momentWords({ optime }: Pick<RestoreSource, 'optime'>): string {
  return `${new Date(timestampMs(optime.ts)).toISOString().replace('.000Z', 'Z')} (optime ${timestampText(optime.ts)})`;
}

/** Columns as wide as their widest cell; numbers, which are all but the first and what follows the third, to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
