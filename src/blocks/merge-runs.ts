import { AppError } from '../runtime/errors.ts';
import { applied, type Combine, newestPut, putOf, toDocument, type VersionOf, versionAt } from './combine.ts';
import { type MergeOptions, mergeSteps } from './merge.ts';
import type { RunEntry, RunInfo, UpdateRules } from './ports.ts';
import type { MergeInput } from './run-cursor.ts';
import type { RunWriter } from './run-writer.ts';

/** The document that the runs below those that are merged hold; undefined: there is none. */
export type LookupDocument = (
  key: Buffer,
) => Promise<{ readonly document: Buffer; readonly sequence?: Buffer } | undefined>;

export interface CompactOptions {
  readonly rules: UpdateRules;
  readonly signal: AbortSignal;
  /** Called after each step: lets others in, reports progress. */
  readonly onStep?: () => Promise<void> | void;
}

/** More updates of one document than this are applied to what is stored. */
const maxUpdates = 64;
/** So are fewer, when they take more than this and more than the document. */
const maxUpdateBytes = 16 * 1024;

/**
 * Folds deltas into the base below them (all runs of a collection, oldest first): the new base holds documents alone. Blocks that no delta touches
 * are named by it as they are: only the others are read and written.
 */
export async function compactToBase(
  inputs: readonly MergeInput[],
  writer: RunWriter,
  options: CompactOptions,
): Promise<RunInfo> {
  const merge = { combine: toDocument(options.rules), readsAhead: false, documentsAlone: true, smallestBytes: 0 };
  return await write(inputs, writer, merge, options);
}

/**
 * Joins delta runs that follow one another (oldest first, without what lies below them) into one. Lists of updates are joined, not applied, until they
 * are long: `lookup` is asked for the document then. Without it, lists may grow to the largest block.
 * @throws INTERNAL when lenient runs and others are given: their updates cannot be told apart in one run
 */
export async function compactDeltas(
  inputs: readonly MergeInput[],
  writer: RunWriter,
  options: CompactOptions & { readonly lookup?: LookupDocument },
): Promise<RunInfo> {
  const lenient = inputs[0]?.lenient === true;
  if (inputs.some((input) => input.lenient !== lenient)) {
    throw new AppError('INTERNAL', 'lenient and other runs cannot be joined');
  }
  const combine = toDelta(options.rules, options.lookup);
  return await write(inputs, writer, { combine, readsAhead: false, documentsAlone: false, smallestBytes: 0 }, options);
}

/** Combines to one entry that says all that its versions say, without knowing what lies below them. */
export function toDelta(rules: UpdateRules, lookup: LookupDocument | undefined): Combine {
  return (places) => {
    const versions = places.map(versionAt);
    const [newest] = versions;
    if (newest === undefined) return undefined;
    const found = newestPut(versions);
    if (found.at === 0) {
      const { entry } = newest;
      return found.sequence === undefined || entry.sequence === found.sequence
        ? entry
        : { ...entry, sequence: found.sequence };
    }
    if (found.at < versions.length) {
      const document = applied(versions.slice(0, found.at), found.put?.document, rules.apply);
      return document === undefined ? { kind: 'delete', key: newest.entry.key } : putOf(versions, document, found);
    }
    const updates = rules.join(versions.toReversed().flatMap(({ entry }) => entry.updates ?? []));
    const list: RunEntry = { kind: 'update', key: newest.entry.key, updates };
    return lookup === undefined ? list : shortened(list, newest, rules, lookup);
  };
}

/** A list that is longer than its document, or too long, becomes the document. */
function shortened(
  list: RunEntry,
  newest: VersionOf,
  { apply }: UpdateRules,
  lookup: LookupDocument,
): RunEntry | Promise<RunEntry> {
  const updates = list.updates ?? [];
  const bytes = updates.reduce((sum, { update }) => sum + update.length, 0);
  if (updates.length <= maxUpdates && bytes <= maxUpdateBytes) return list;
  return lookup(list.key).then((below) => {
    if (below !== undefined && updates.length <= maxUpdates && bytes < below.document.length) return list;
    const document = applied([{ entry: list, lenient: newest.lenient }], below?.document, apply);
    if (document === undefined) return { kind: 'delete', key: list.key };
    const { sequence } = below ?? {};
    return { kind: 'put', key: list.key, document, ...(sequence === undefined ? {} : { sequence }) };
  });
}

async function write(
  inputs: readonly MergeInput[],
  writer: RunWriter,
  merge: MergeOptions,
  { signal, onStep }: CompactOptions,
): Promise<RunInfo> {
  for await (const step of mergeSteps(inputs, merge)) {
    signal.throwIfAborted();
    if (step.kind === 'block') await writer.addBlock(step.ref, step.open);
    else {
      for (const entry of step.entries) {
        const wait = entry.kind === 'stretch' ? writer.addStretch(entry) : writer.add(entry);
        if (wait !== undefined) await wait;
      }
    }
    await onStep?.();
  }
  return await writer.finish();
}
