import { globFits } from '../model/glob.ts';
import { AppError } from '../runtime/errors.ts';

/** Names with `*`, which stands for any characters: `shop.*`, `*.cache`, `shop.orders`. An empty list matches all. */
export function namespaceMatcher(patterns: readonly string[]): (namespace: string) => boolean {
  if (patterns.length === 0) return () => true;
  return (namespace) => patterns.some((pattern) => globFits(pattern, namespace));
}

/** One `from=to` of `--rename`; each `*` of `to` stands for what the `*` at the same place of `from` matched. */
export interface Rename {
  readonly from: string;
  readonly to: string;
}

/** @throws USAGE */
export function parseRename(text: string): Rename {
  const [from = '', to = '', ...more] = text.split('=').map((part) => part.trim());
  const stars = (pattern: string): number => pattern.split('*').length - 1;
  if (more.length > 0 || !hasBoth(from) || !hasBoth(to) || stars(from) !== stars(to)) {
    throw new AppError('USAGE', `--rename: "${text}" is not from=to`, {
      hint: 'Both are database.collection, with a * in both or in none: shop.orders=shop.orders_old, shop.*=copy.*',
    });
  }
  return { from, to };
}

/** The first rename whose `from` matches decides; without one the name stays. */
export function renamer(renames: readonly Rename[]): (namespace: string) => string {
  const rules = renames.map(({ from, to }) => ({ matcher: matcherOf(from), to }));
  return (namespace) => {
    for (const { matcher, to } of rules) {
      const match = matcher.exec(namespace);
      if (match === null) continue;
      let place = 0;
      return to.replaceAll('*', () => match[++place] ?? '');
    }
    return namespace;
  };
}

/** Database and collection; only the first dot separates them. */
export function splitNamespace(namespace: string): { readonly database: string; readonly name: string } {
  const dot = namespace.indexOf('.');
  return { database: namespace.slice(0, dot), name: namespace.slice(dot + 1) };
}

function hasBoth(pattern: string): boolean {
  const dot = pattern.indexOf('.');
  return dot > 0 && dot < pattern.length - 1;
}

function matcherOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('(.*)')}$`, 's');
}
