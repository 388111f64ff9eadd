import { AppError } from '../runtime/errors.ts';

/**
 * Waits for a write that only a later start would miss (last use of a key, last contact of an agent): a full disk refuses no
 * request because of it. Every other failure is thrown. False = the disk was full.
 */
export async function ifRoom(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (thrown) {
    if (!(thrown instanceof AppError && thrown.code === 'STORE_FULL')) throw thrown;
    return false;
  }
}
