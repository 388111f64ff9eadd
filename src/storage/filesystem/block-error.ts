import { AppError } from '../../runtime/errors.ts';

/** The index does not know it. */
export function missingBlock(id: Buffer): AppError {
  const block = id.toString('hex');
  return new AppError('STORE_CORRUPT', `the store has no block ${block}`, { details: { block } });
}

/** The index names a place at which something else stands. */
export function unreadableBlock(id: Buffer, path: string, at: number, cause: unknown): AppError {
  const block = id.toString('hex');
  const why = cause instanceof Error ? cause.message : 'another block stands there';
  return new AppError('STORE_CORRUPT', `block ${block} in ${path} at byte ${at} cannot be read: ${why}`, {
    cause,
    details: { block, pack: path, at },
    hint: '"leafward backup verify" says which restore points it touches. The others are whole.',
  });
}
