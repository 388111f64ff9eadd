import { isSea } from 'node:sea';
import { asset } from '../runtime/asset.ts';
import { AppError } from '../runtime/errors.ts';

/** `leafward licences`: the texts of all that is inside, ours first. */
export async function runLicencesCommand(): Promise<void> {
  const names = ['LICENSE', 'THIRD-PARTY-LICENSES.txt'];
  if (!isSea()) {
    throw new AppError('NOT_FOUND', 'only the built program holds the code of others, and their licences with it', {
      hint: 'Run "make build" and then "dist/leafward licences".',
    });
  }
  for (const name of names) process.stdout.write(`${Buffer.from(await asset(name)).toString()}\n`);
}
