import { AppError } from '../runtime/errors.ts';
import { decodeExact, type ExactDocument } from './exact-bson.ts';
import { namespaceMatcher, type Rename, renamer, splitNamespace } from './namespaces.ts';
import type { RestoreSource, SourceCollection } from './ports.ts';

/** A collection that will be written. Of a time series it is the buckets' collection that holds data. */
export interface PlannedCollection {
  readonly source: SourceCollection;
  /** As people call it: of a time series the name without `system.buckets.` */
  readonly from: string;
  readonly to: string;
  readonly database: string;
  /** In the target, as `create` takes it. */
  readonly name: string;
  /** In the target, where documents go. */
  readonly dataName: string;
  readonly timeSeries: boolean;
  /** Written and compared in natural order: capped. */
  readonly natural: boolean;
  /** For `create`; TTL options are in `expireAfterSeconds` instead. */
  readonly options: ExactDocument;
  readonly expireAfterSeconds: unknown;
  /** As listIndexes gives them, without the one of `_id`. */
  readonly indexes: readonly ExactDocument[];
  /** The one of `_id`, where there is one. */
  readonly idIndex: readonly ExactDocument[];
}

export interface PlannedView {
  readonly from: string;
  readonly to: string;
  readonly database: string;
  readonly name: string;
  readonly options: ExactDocument;
}

export interface RestorePlan {
  /** Largest first, so that the last one to end is not the largest. */
  readonly collections: readonly PlannedCollection[];
  readonly views: readonly PlannedView[];
  /** `admin.system.users` and `admin.system.roles`, when they are asked for. */
  readonly accounts: readonly SourceCollection[];
  readonly skipped: readonly { readonly namespace: string; readonly why: string }[];
  readonly documents: number;
  readonly contentBytes: number;
}

export interface PlanSettings {
  /** Patterns; empty: everything. */
  readonly namespaces: readonly string[];
  readonly renames: readonly Rename[];
  readonly usersAndRoles: boolean;
}

const bucketsPrefix = 'system.buckets.';
const accountNames = ['system.users', 'system.roles'];
/** Of `config`, what config servers know of their cluster: what else is there is of one deployment alone, or passes. */
const placementNames = new Set(['shards', 'databases', 'collections', 'chunks', 'tags', 'settings', 'version']);

/** What of the source is written, and under which names. @throws USAGE: two sources for one name, a pattern that matches nothing */
export function makePlan(source: RestoreSource, settings: PlanSettings): RestorePlan {
  const matches = namespaceMatcher(settings.namespaces);
  const rename = renamer(settings.renames);
  const collections: PlannedCollection[] = [];
  const views: PlannedView[] = [];
  const accounts: SourceCollection[] = [];
  const skipped: { namespace: string; why: string }[] = [];
  const ofConfigServers = source.collections.some(({ info }) => info.database === 'config' && info.name === 'shards');
  for (const collection of source.collections) {
    const { database, name, type } = collection.info;
    if (database === 'admin' && accountNames.includes(name)) {
      if (settings.usersAndRoles) accounts.push(collection);
      continue;
    }
    const from = `${database}.${logicalName(name)}`;
    // Its buckets, a collection of their own, carry all that it is.
    if (type === 'timeseries' || !matches(from)) continue;
    const why = whyNot(collection, ofConfigServers);
    if (why !== undefined) skipped.push({ namespace: from, why });
    else if (type === 'view') views.push(planView(collection, from, rename));
    else collections.push(planCollection(collection, from, rename));
  }
  checkNames([...collections, ...views], settings.namespaces, accounts.length);
  return {
    collections: collections.toSorted((a, b) => b.source.contentBytes - a.source.contentBytes),
    views,
    accounts,
    skipped,
    documents: collections.reduce((sum, { source: { documents } }) => sum + documents, 0),
    contentBytes: collections.reduce((sum, { source: { contentBytes } }) => sum + contentBytes, 0),
  };
}

/** What belongs to one deployment alone, or is made by the server itself. */
function whyNot({ info }: SourceCollection, ofConfigServers: boolean): string | undefined {
  const { database, name, temporary } = info;
  if (database === 'config' && ofConfigServers && placementNames.has(name)) return undefined;
  if (database === 'local' || database === 'config') return `${database} belongs to one deployment alone`;
  if (database === 'admin' && name.startsWith('system.')) return 'keys and versions belong to one deployment alone';
  if (temporary) return 'it was temporary at that moment';
  if (name.startsWith('system.') && !name.startsWith(bucketsPrefix) && name !== 'system.js') {
    return 'the server makes it itself';
  }
  return undefined;
}

function planCollection(
  { ...source }: SourceCollection,
  from: string,
  rename: (from: string) => string,
): PlannedCollection {
  const { info } = source;
  const to = rename(from);
  const { database, name } = splitNamespace(to);
  const timeSeries = info.name.startsWith(bucketsPrefix);
  const indexes = info.indexes.map((index) => decodeExact(index));
  const options = decodeExact(info.options);
  const expireAfterSeconds = options.get('expireAfterSeconds');
  options.delete('expireAfterSeconds');
  options.delete('temp');
  options.delete('uuid');
  if (timeSeries) {
    // The server makes these two itself out of `timeseries`.
    options.delete('validator');
    options.delete('clusteredIndex');
  }
  return {
    source,
    from,
    to,
    database,
    name,
    dataName: timeSeries ? `${bucketsPrefix}${name}` : name,
    timeSeries,
    natural: info.capped,
    options,
    expireAfterSeconds,
    indexes: indexes.filter((index) => !isIdIndex(index)),
    idIndex: indexes.filter(isIdIndex),
  };
}

function isIdIndex(index: ExactDocument): boolean {
  return index.get('name') === '_id_' || index.get('clustered') === true;
}

function planView({ info }: SourceCollection, from: string, rename: (from: string) => string): PlannedView {
  const to = rename(from);
  const { database, name } = splitNamespace(to);
  const options = decodeExact(info.options);
  const on = options.get('viewOn');
  if (typeof on === 'string') {
    const renamed = splitNamespace(rename(`${info.database}.${on}`));
    // A view reads from its own database alone.
    if (renamed.database === database) options.set('viewOn', renamed.name);
  }
  return { from, to, database, name, options };
}

function checkNames(
  planned: readonly { readonly from: string; readonly to: string }[],
  patterns: readonly string[],
  accounts: number,
): void {
  const sources = new Map<string, string>();
  for (const { from, to } of planned) {
    const other = sources.get(to);
    if (other !== undefined) throw new AppError('USAGE', `--rename: ${other} and ${from} would both become ${to}`);
    sources.set(to, from);
    const { database } = splitNamespace(to);
    if (database === 'local' || (database === 'config' && from !== to)) {
      throw new AppError('USAGE', `--rename: ${to} would be in a database that belongs to the server`);
    }
  }
  const unused = patterns.filter((pattern) => !planned.some(({ from }) => namespaceMatcher([pattern])(from)));
  if (unused.length > 0 && accounts === 0) {
    throw new AppError('USAGE', `--namespace: nothing at that moment is called ${unused.join(', ')}`, {
      hint: 'Names are database.collection, with * for any characters; --dry-run without --namespace lists all of them.',
    });
  }
}

function logicalName(name: string): string {
  return name.startsWith(bucketsPrefix) ? name.slice(bucketsPrefix.length) : name;
}
