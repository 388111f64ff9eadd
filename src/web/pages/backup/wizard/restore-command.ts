import type { Moment } from '../../../../wire/api/backup-reading.ts';
import { shellWord } from '../../../shell-word.ts';

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
}

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
    ...(choice.toSource ? ['--to-source'] : []),
    ...(choice.usersAndRoles ? ['--users-and-roles'] : []),
    ...(choice.drop ? ['--drop'] : []),
    `--to 'mongodb://TARGET:27017'`,
    ...(dryRun ? ['--dry-run'] : []),
  ];
  return words.join(' \\\n  ');
}

export interface DocumentsChoice {
  readonly replicaSet: string;
  readonly moment: Moment;
  readonly namespace: string;
  readonly filter: unknown;
  readonly limit: number;
}

/** Only the documents that were found, into a collection beside the original: nothing there is written over. */
export function documentsCommand({ replicaSet, moment, namespace, filter, limit }: DocumentsChoice): string {
  const dot = namespace.indexOf('.');
  const [database, collection] = [namespace.slice(0, dot), namespace.slice(dot + 1)];
  return [
    'set -o pipefail',
    `leafward backup find ${shellWord(replicaSet)} ${shellWord(namespace)} ${shellWord(JSON.stringify(filter))} ${momentFlags(moment)} --limit ${limit} |`,
    `  mongoimport --uri 'mongodb://TARGET:27017' --db ${shellWord(database)} --collection ${shellWord(`${collection}_restored`)} --mode insert`,
  ].join('\n');
}

export function isoSecond(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
}
