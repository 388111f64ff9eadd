import type { DownloadKind, DownloadTarget } from '../../wire/api/downloads.ts';
import { archiveFolder } from './download-kind.ts';

const longest = 60;

/**
 * File name of a group's archive without its ending, safe in every shell and file system: ASCII letters, digits, dot,
 * dash and underscore; accents are dropped; a name of which nothing is left is replaced by the group's id.
 */
export function archiveName(kind: DownloadKind, groupName: string, groupId: string, target?: DownloadTarget): string {
  const name = `${archiveFolder(kind)}-${safe(groupName) || safe(groupId)}`;
  return target === undefined ? name : `${name}-${target}`;
}

function safe(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/-{2,}/g, '-')
    .replace(/\.{2,}/g, '.')
    .slice(0, longest)
    .replace(/^[-.]+|[-.]+$/g, '');
}
