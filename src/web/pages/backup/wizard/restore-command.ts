import type { Moment } from '../../../../wire/api/backup-reading.ts';
import { shellWord } from '../../../shell-word.ts';
import { needsPassword, type TargetChoice, targetFile, targetUri } from './target-uri.ts';

export interface RestoreChoice {
  readonly replicaSet: string;
  readonly moment: Moment;
  /** Names with `*`; empty: everything. */
  readonly namespaces: readonly string[];
  /** `shop.*=restored.*`; empty: the names that they had. */
  readonly rename: string;
  /** The target is the set that was backed up. */
  readonly toSource: boolean;
  readonly drop: boolean;
  readonly usersAndRoles: boolean;
  /** Only documents that fit, of the one collection that is named; null: all. */
  readonly filter: Readonly<Record<string, unknown>> | null;
  /** What becomes of documents that are there with other content. */
  readonly existing: Existing;
  readonly target: TargetChoice;
}
export type Existing = 'refuse' | 'replace' | 'keep';

/** `--at 2026-11-21T10:00:00Z` or `--snapshot ID`. */
export function momentFlags({ atMs, snapshotId, optime }: Moment): string {
  if (snapshotId !== undefined) return `--snapshot ${shellWord(snapshotId)}`;
  if (optime !== undefined) return `--optime ${optime}`;
  return `--at ${isoSecond(atMs ?? 0)}`;
}

/** What the command needs to reach this server, for a POSIX shell; the token is typed, so that it is in no history. */
export function environmentLines(serverUrl: string, groupId: string): string {
  return [
    `export LEAFWARD_SERVER_URL=${shellWord(serverUrl)} LEAFWARD_GROUP_ID=${shellWord(groupId)}`,
    `read -rs LEAFWARD_API_TOKEN && export LEAFWARD_API_TOKEN`,
  ].join('\n');
}

/** `leafward restore …`: first `--dry-run`, which writes nothing, then the same without it. */
export function restoreCommand(choice: RestoreChoice, dryRun: boolean): string {
  const words = [
    `leafward restore --replica-set ${shellWord(choice.replicaSet)}`,
    momentFlags(choice.moment),
    ...(choice.namespaces.length === 0 ? [] : [`--namespace ${shellWord(choice.namespaces.join(','))}`]),
    ...(choice.rename === '' ? [] : [`--rename ${shellWord(choice.rename)}`]),
    ...(choice.filter === null ? [] : [`--filter ${shellWord(JSON.stringify(choice.filter))}`]),
    ...(choice.filter === null || choice.existing === 'refuse' ? [] : [`--existing ${choice.existing}`]),
    ...(choice.toSource ? ['--to-source'] : []),
    ...(choice.usersAndRoles && choice.filter === null ? ['--users-and-roles'] : []),
    ...(choice.drop && choice.filter === null ? ['--drop'] : []),
    targetFlag(choice.target),
    ...(dryRun ? ['--dry-run'] : []),
  ];
  return words.join(' \\\n  ');
}

/** A password is in a file: a command line can be read by every user of the machine. */
function targetFlag(target: TargetChoice): string {
  return needsPassword(target.login) ? `--to-file ${targetFile}` : `--to '${targetUri(target)}'`;
}

export function isoSecond(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
