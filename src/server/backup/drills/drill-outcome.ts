import { toAppError } from '../../../runtime/errors.ts';
import type { SnapshotCheck } from '../../../vault/ports.ts';
import type { DrillOutcome } from '../../../wire/backup-messages.ts';

const mostNamed = 3;

/** Damage is what a drill is to find; anything else is no outcome. @throws `thrown` */
export function notOpened(thrown: unknown, words: string): DrillOutcome {
  const { code, message } = toAppError(thrown);
  if (code !== 'STORE_CORRUPT' && code !== 'FORMAT_INVALID') throw thrown;
  return { ok: false, message: `${words}: ${message}`, documents: 0, bytes: 0 };
}

/** How a check of the store alone ended. */
export function checkOutcome({ collections, documents, bytes, damage }: SnapshotCheck): DrillOutcome {
  if (damage.length === 0) {
    const message = `Every block of ${collections} collections was read: ${documents} documents. No agent with a drillTarget has the set, so nothing was restored.`;
    return { ok: true, message, documents, bytes };
  }
  const named = damage.slice(0, mostNamed).map(({ namespace, why }) => `${namespace}: ${why}`);
  const more = damage.length > mostNamed ? ` and ${damage.length - mostNamed} more collections` : '';
  return { ok: false, message: `Cannot be read: ${named.join('; ')}${more}`, documents, bytes };
}
