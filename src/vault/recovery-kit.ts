import { z } from 'zod';
import { AppError } from '../runtime/errors.ts';
import { masterFingerprint } from './key-box.ts';
import type { VaultMetadata } from './metadata-ports.ts';

/** What is needed besides a copy of the store to read it, should the server's machine be gone: keep it apart from both. */
const recoveryKit = z.object({
  kind: z.literal('leafward recovery kit'),
  format: z.literal(1),
  madeAt: z.string(),
  /** Schema of vault.db: an older program cannot read a newer one. */
  storeFormat: z.number(),
  encrypted: z.boolean(),
  /** 64 hex digits; null: the store is not encrypted. */
  masterKey: z.string().nullable(),
  masterKeyFingerprint: z.string().nullable(),
  /** As the store holds them, should its database be the part that is lost. */
  groups: z.array(
    z.object({ groupId: z.string(), keys: z.array(z.object({ purpose: z.string(), wrapped: z.string() })) }),
  ),
  howTo: z.array(z.string()),
});
export type RecoveryKit = z.infer<typeof recoveryKit>;

export function makeRecoveryKit(
  metadata: VaultMetadata,
  master: Buffer | null,
  { nowMs, storeFormat }: { readonly nowMs: number; readonly storeFormat: number },
): RecoveryKit {
  return {
    kind: 'leafward recovery kit',
    format: 1,
    madeAt: new Date(nowMs).toISOString(),
    storeFormat,
    encrypted: master !== null,
    masterKey: master?.toString('hex') ?? null,
    masterKeyFingerprint: master === null ? null : masterFingerprint(master).toString('hex'),
    groups: metadata.groups().map((groupId) => ({
      groupId,
      keys: metadata
        .groupKeys(groupId)
        .map(({ purpose, wrapped }) => ({ purpose, wrapped: wrapped.toString('base64') })),
    })),
    howTo: [
      'Whoever has this file and the backup store can read every backup: keep them apart.',
      'leafward restore --from-store COPY_OF_THE_STORE --master-key-file THIS_FILE --replica-set NAME --at TIME --to mongodb://…',
    ],
  };
}

/** The master key of a kit that is given in the place of a key file; undefined: the text is no kit. @throws SETTINGS_INVALID */
export function masterKeyOfKit(text: string, where: string): Buffer | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  let kit: RecoveryKit;
  try {
    kit = recoveryKit.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('SETTINGS_INVALID', `${where} is neither a master key nor a recovery kit`, { cause });
  }
  if (kit.masterKey === null)
    throw new AppError('SETTINGS_INVALID', `${where}: the store was not encrypted: leave the key out`);
  return Buffer.from(kit.masterKey, 'hex');
}
