import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../runtime/atomic-file.ts';

/**
 * Beside vault.db, of which master key a recovery kit was exported last. A file and no row: the command that exports runs beside the
 * server, which has the database for itself. It holds nothing secret, and whoever runs the server must be able to read it.
 */
const fileName = 'recovery-kit-exported.json';
const kitNote = z.object({ masterKeyFingerprint: z.string(), exportedAt: z.string() });

export async function writeKitNote(dir: string, masterKeyFingerprint: string, nowMs: number): Promise<void> {
  const note: z.infer<typeof kitNote> = { masterKeyFingerprint, exportedAt: new Date(nowMs).toISOString() };
  await writeFileAtomically(join(dir, fileName), `${JSON.stringify(note)}\n`, 0o644);
}

/** Fingerprint of the master key; undefined: no kit was exported, or what was noted cannot be read. */
export async function readKitNote(dir: string): Promise<string | undefined> {
  try {
    return kitNote.parse(JSON.parse(await readFile(join(dir, fileName), 'utf8'))).masterKeyFingerprint;
  } catch {
    return undefined;
  }
}
