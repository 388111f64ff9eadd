import { createInterface } from 'node:readline/promises';
import { timestampMs, timestampText } from '../model/optime.ts';
import { ChosenDocuments } from '../restore/documents/chosen.ts';
import { type DocumentsReport, onlyCollection, restoreDocuments } from '../restore/documents/restore-documents.ts';
import { type DocumentsSurvey, surveyDocuments } from '../restore/documents/survey.ts';
import type { PlannedCollection, RestorePlan } from '../restore/plan.ts';
import type { RestoreSource } from '../restore/ports.ts';
import { withProgress } from '../restore/progress.ts';
import type { Target } from '../restore/target.ts';
import { AppError } from '../runtime/errors.ts';
import { bytesWords, durationWords, type ProgressPrinter } from './backup-progress.ts';
import type { Flags } from './commands.ts';
import { momentWords, progressText, refusalLines } from './restore-report.ts';
import { existingOf } from './selection-flags.ts';

interface Run {
  readonly source: RestoreSource;
  readonly target: Target;
  readonly plan: RestorePlan;
  readonly flags: Flags;
  readonly parallel: number;
  readonly signal: AbortSignal;
  readonly progress: ProgressPrinter;
}

/** `leafward restore … --filter` or `--id`: looks first, writes, reads back. Answers whether the target took everything. */
export async function runDocumentsRestore(run: Run): Promise<boolean> {
  const { source, target, flags, progress } = run;
  const planned = onlyCollection(run.plan);
  const json = flags['json'] === true;
  const onProgress = (now: Parameters<typeof progressText>[0]): void => progress.show(progressText(now));
  if (flags['dryRun'] === true) {
    const survey = await withProgress({ onProgress, now: () => performance.now() }, (meter) =>
      surveyDocuments(target, planned, new ChosenDocuments(source, planned), meter),
    );
    progress.end();
    const looked = { source, target, planned, survey };
    console.log(json ? JSON.stringify(surveyJson(looked)) : surveyText(looked));
    return true;
  }
  const existing = existingOf(flags);
  if (flags['yes'] !== true && !(process.stdin.isTTY && process.stderr.isTTY)) throw saysNobodyYes();
  try {
    const report = await restoreDocuments(source, target, planned, {
      existing,
      keepTtlOff: flags['keepTtlOff'] === true,
      parallel: run.parallel,
      onProgress,
      beforeWriting: async (survey) => {
        progress.end();
        if (flags['yes'] !== true) await ask({ source, target, planned, survey }, run.signal);
      },
      now: () => performance.now(),
    });
    progress.end();
    console.log(json ? JSON.stringify(reportJson(report)) : reportText(report));
    return report.refused.length === 0 && report.refusals.length === 0;
  } catch (thrown) {
    progress.end();
    if (thrown instanceof AppError && thrown.code === 'RESTORE_DIFFERS') {
      const report = thrown.details['report'] as DocumentsReport;
      console.log(json ? JSON.stringify(reportJson(report)) : reportText(report));
    }
    throw thrown;
  }
}

/** Before anybody can be asked. */
export function saysNobodyYes(): AppError {
  return new AppError('USAGE', 'leafward restore writes into the target only when --yes says so', {
    hint: 'Look at it with --dry-run first, then add --yes.',
  });
}

interface Looked {
  readonly source: RestoreSource;
  readonly target: Target;
  readonly planned: PlannedCollection;
  readonly survey: DocumentsSurvey;
}

function surveyJson({ source, target, planned, survey }: Looked): object {
  return {
    optime: timestampText(source.optime.ts),
    at: new Date(timestampMs(source.optime.ts)).toISOString(),
    target: { host: target.facts.host, version: target.facts.version, setName: target.facts.setName },
    from: planned.from,
    to: planned.to,
    ...survey,
  };
}

function surveyText({ source, target: { facts }, planned, survey }: Looked): string {
  const { from, to } = planned;
  const { documents, bytes, exists, same, differing } = survey;
  return [
    `documents  ${documents} of ${from}, ${bytesWords(bytes)}`,
    `as of      ${momentWords(source)}`,
    `into       ${to} of ${facts.host}, MongoDB ${facts.version}${exists ? '' : '; the collection is made, with its options and indexes'}`,
    ...(exists ? [`there      ${same} of them byte for byte, ${differing} with other content`] : []),
    ...inTheWayLines(survey),
    ...expiringLines(survey),
  ].join('\n');
}

function inTheWayLines({ differing, firstDiffering }: DocumentsSurvey): string[] {
  if (differing === 0) return [];
  const more = differing > firstDiffering.length ? ` and ${differing - firstDiffering.length} more` : '';
  return [`in the way _id ${firstDiffering.join(', ')}${more}: refused, but with --existing replace or keep`];
}

function expiringLines({ expiringIndexes }: DocumentsSurvey): string[] {
  if (expiringIndexes.length === 0) return [];
  return [
    `warning    the TTL index ${expiringIndexes.join(', ')} of the target deletes what has expired within a minute`,
  ];
}

async function ask(looked: Looked, signal: AbortSignal): Promise<void> {
  console.error(surveyText(looked));
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`\nWrite this into ${looked.target.facts.host}? Type yes: `, { signal });
    if (answer.trim() !== 'yes') throw new AppError('USAGE', 'nothing was written', { hint: 'Only "yes" begins.' });
  } finally {
    terminal.close();
  }
}

function reportText(report: DocumentsReport): string {
  const { survey, proof, written, kept, refused, indexes, tookMs } = report;
  const parts = [
    `${written} written`,
    ...(survey.same > 0 ? [`${survey.same} were there byte for byte`] : []),
    ...(kept > 0 ? [`${kept} kept as they are there`] : []),
    ...(refused.length > 0 ? [`${refused.length} REFUSED`] : []),
  ];
  const equal = proof.difference === null ? 'equal' : `DIFFERS: ${proof.difference}`;
  return [
    `${survey.documents} documents of ${proof.from} as of ${momentWords(report)} into ${proof.to} of ${report.target}`,
    parts.join(', '),
    `read back: ${proof.foundDocuments} documents, ${bytesWords(proof.foundBytes)}, sha-256 ${proof.foundDigest.slice(0, 16)}, ${equal}`,
    ...(survey.exists ? [] : [`${proof.to} was made, with ${indexes} indexes`]),
    ...refused.slice(0, 20).map(({ id, reason }) => `refused by the target: _id ${id}: ${reason}`),
    ...(refused.length > 20 ? [`and ${refused.length - 20} more`] : []),
    ...refusalLines(report.refusals),
    ...expiringLines(survey),
    `took ${durationWords(tookMs / 1000)}`,
  ].join('\n');
}

function reportJson({ optime, ...report }: DocumentsReport): object {
  return { optime: timestampText(optime.ts), at: new Date(timestampMs(optime.ts)).toISOString(), ...report };
}
