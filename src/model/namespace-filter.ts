import { globFits } from './glob.ts';

/**
 * Which namespaces are backed up. Patterns are names with `*` for any run of characters: `shop.*`, `*.cache`, `shop.orders`. Excluding
 * wins; no pattern to include means all. A pattern on a time-series collection covers the buckets in which its documents are.
 */
export interface NamespacePatterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The server's own leftovers: rebuilt by it, or meaningless elsewhere (docs/backup.md). Databases have no dots, collections may. */
const never = new RegExp(
  [
    'local\\..*',
    'config\\.(?:transactions|image_collection|cache\\..*|system\\.(?:sessions|preimages|indexBuilds))',
    'admin\\.system\\.keys',
    '[^.]*\\.system\\.(?:profile|resharding\\..*)',
  ]
    .map((pattern) => `^${pattern}$`)
    .join('|'),
  's',
);
/** One document, by which a restore knows what the source was: no pattern leaves it out. */
export const versionNamespace = 'admin.system.version';
const bucketsPrefix = 'system.buckets.';
/** More names than any deployment has at work at one time; beyond it what is remembered is forgotten. */
const mostRemembered = 50_000;

/** Is it one of the server's own that no backup holds? */
export function isNeverKept(namespace: string): boolean {
  return never.test(namespace);
}

/** Remembers its answers: the same few names are asked about millions of times. */
export class NamespaceFilter {
  readonly #include: readonly string[];
  readonly #exclude: readonly string[];
  readonly #known = new Map<string, boolean>();

  constructor(patterns: NamespacePatterns) {
    this.#include = patterns.include;
    this.#exclude = patterns.exclude;
  }

  /** Is this namespace (`database.collection`) backed up? */
  keeps(namespace: string): boolean {
    const known = this.#known.get(namespace);
    if (known !== undefined) return known;
    const kept = this.#decide(namespace);
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(namespace, kept);
    return kept;
  }

  #decide(namespace: string): boolean {
    if (isNeverKept(namespace)) return false;
    if (namespace === versionNamespace) return true;
    const names = [namespace, ofTimeSeries(namespace)].filter((name) => name !== null);
    if (fitsAny(this.#exclude, names)) return false;
    return this.#include.length === 0 || fitsAny(this.#include, names);
  }
}

/** `shop.system.buckets.weather` holds the documents of `shop.weather`. */
function ofTimeSeries(namespace: string): string | null {
  const dot = namespace.indexOf('.');
  if (!namespace.startsWith(bucketsPrefix, dot + 1)) return null;
  return namespace.slice(0, dot + 1) + namespace.slice(dot + 1 + bucketsPrefix.length);
}

function fitsAny(patterns: readonly string[], names: readonly string[]): boolean {
  return patterns.some((pattern) => names.some((name) => globFits(pattern, name)));
}
