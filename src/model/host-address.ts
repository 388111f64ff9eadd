import { AppError } from '../runtime/errors.ts';

/**
 * `name:port` in one spelling: lower case, port added (27017), IPv6 in brackets.
 * @throws INPUT_INVALID with what is wrong.
 */
export function parseHostAddress(text: string): string {
  const trimmed = text.trim().toLowerCase();
  const match = /^(\[[0-9a-f:.]+\]|[^:/@\s,?]+)(?::(\d{1,5}))?$/.exec(trimmed);
  const port = Number(match?.[2] ?? 27017);
  if (match === null || port < 1 || port > 65_535) {
    throw new AppError(
      'INPUT_INVALID',
      `"${text.slice(0, 80)}" is not a host: expected name:port, such as db1.example.net:27017`,
      {
        details: { field: 'host' },
      },
    );
  }
  return `${match[1]}:${port}`;
}
