import type { Existing } from '../restore/documents/write-documents.ts';
import { AppError } from '../runtime/errors.ts';
import { type Selection, selection } from '../wire/api/backup-reading.ts';
import type { Flags } from './commands.ts';
import { idOf, jsonOf } from './typed-json.ts';

/** Chosen documents: --filter or --id, of the one collection that --namespace names. Undefined: none of both. @throws USAGE */
export function selectionOf(flags: Flags, command: string): Selection | undefined {
  const { filter, id, namespace } = flags;
  if (filter === undefined && id === undefined) return undefined;
  if (typeof namespace !== 'string' || !/^[^*,]+\.[^*,]+$/.test(namespace)) {
    throw new AppError('USAGE', `${command}: --filter and --id choose documents of one collection`, {
      hint: 'Name it with --namespace shop.orders, without * and commas.',
    });
  }
  const parsed = selection.safeParse({
    namespace: namespace.trim(),
    ...(typeof filter === 'string' ? { filter: jsonOf(filter, '--filter') } : {}),
    ...(id === undefined ? {} : { ids: (Array.isArray(id) ? id : [id]).map(String).map(idOf) }),
  });
  if (parsed.success) return parsed.data;
  throw new AppError('USAGE', `${command}: --filter is no filter, or there are more than 10,000 --id`, {
    cause: parsed.error,
    hint: 'A filter is an object in Extended JSON: \'{"status": "lost"}\'. Many _ids go into a file: --filter @file with {"_id": {"$in": […]}}.',
  });
}

/** @throws USAGE */
export function existingOf({ existing = 'refuse' }: Flags): Existing {
  if (existing === 'refuse' || existing === 'replace' || existing === 'keep') return existing;
  throw new AppError('USAGE', `--existing ${String(existing)}: expected refuse, replace or keep`);
}

/** What belongs to whole collections, or to chosen documents alone. @throws USAGE */
export function checkSelectionFlags(flags: Flags, chosen: Selection | undefined): void {
  const wrong = chosen === undefined ? ['existing'] : ['drop', 'usersAndRoles'];
  const names = { existing: '--existing', drop: '--drop', usersAndRoles: '--users-and-roles' } as const;
  for (const name of ['existing', 'drop', 'usersAndRoles'] as const) {
    if (!wrong.includes(name) || flags[name] === undefined) continue;
    throw new AppError(
      'USAGE',
      chosen === undefined
        ? `leafward restore: ${names[name]} belongs to --filter and --id`
        : `leafward restore: ${names[name]} does not go with --filter and --id`,
      {
        hint:
          name === 'drop'
            ? 'It would drop a whole collection for the sake of some documents: --existing says what becomes of documents that are there.'
            : 'Leave it out.',
      },
    );
  }
}
