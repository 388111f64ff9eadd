/** Writes docs/errors.md from the table of error codes; a test fails when the page is not current. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorKinds } from '../src/runtime/error-codes.ts';
import { root } from './paths.ts';

export const errorsPage = join(root, 'docs', 'errors.md');

export function renderErrorsPage(): string {
  const rows = Object.entries(errorKinds).map(
    ([code, { exit, http, hint }]) => `| \`${code}\` | ${exit} | ${http} | ${hint} |`,
  );
  return [
    '# Errors',
    '',
    'Made from `src/runtime/error-codes.ts` by `make docs`: do not edit.',
    '',
    'Every error that a person meets has a code. A command prints what happened, the next step and the code, and ends with the',
    'exit status; the API answers with the HTTP status and a body that holds the same three. A code is never renamed. Where the',
    'place that found the error knows a better next step than this table, it says that one.',
    '',
    '| code | exit status | HTTP status | next step |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(errorsPage, renderErrorsPage());
