import { type Document, MongoServerError } from 'mongodb';
import { AppError } from '../runtime/errors.ts';
import { roomyOptions } from './capped-room.ts';
import { asCommand, type ExactDocument } from './exact-bson.ts';
import type { PlannedCollection, PlannedView } from './plan.ts';
import type { Target } from './target.ts';
import { reasonOf } from './target-error.ts';

/** Something that the target did not take; everything else went on. */
export interface Refusal {
  /** In the target. */
  readonly namespace: string;
  readonly kind: 'collection' | 'option' | 'index' | 'view' | 'ttl' | 'account';
  /** The option or index. */
  readonly name: string;
  readonly reason: string;
}

/** Without these it would be another collection: a target that refuses one of them cannot hold it. */
const structural = new Set(['capped', 'size', 'max', 'collation', 'clusteredIndex', 'timeseries']);

/**
 * Creates a collection with its options. An option that the target refuses is left out and answered; when it refuses one that the
 * collection cannot be without, there is none, and the refusal is of kind `collection`.
 */
export async function createCollection(target: Target, planned: PlannedCollection): Promise<readonly Refusal[]> {
  const { database, name, to } = planned;
  const options = roomyOptions(planned, target.facts);
  const create = (wanted: ExactDocument): Promise<void> =>
    createOnce(target, database, asCommand('create', name, wanted));
  try {
    await create(options);
    return [];
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
  }
  const accepted: ExactDocument = new Map([...options].filter(([option]) => structural.has(option)));
  try {
    await create(accepted);
  } catch (thrown) {
    if (!isRefusal(thrown)) throw thrown;
    return [{ namespace: to, kind: 'collection', name, reason: reasonOf(thrown) }];
  }
  const refusals: Refusal[] = [];
  for (const [option, value] of options) {
    if (structural.has(option)) continue;
    await dropCollection(target, database, name);
    try {
      await create(new Map([...accepted, [option, value]]));
      accepted.set(option, value);
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      refusals.push({ namespace: to, kind: 'option', name: option, reason: reasonOf(thrown) });
    }
  }
  await dropCollection(target, database, name);
  await create(accepted);
  return refusals;
}

/** Views may stand on each other in any order: those that fail are tried again as long as another one succeeds. */
export async function createViews(target: Target, views: readonly PlannedView[]): Promise<readonly Refusal[]> {
  let waiting = views;
  for (;;) {
    const refusals: Refusal[] = [];
    const refused: PlannedView[] = [];
    for (const view of waiting) {
      try {
        await createOnce(target, view.database, asCommand('create', view.name, view.options));
      } catch (thrown) {
        if (!isRefusal(thrown)) throw thrown;
        refused.push(view);
        refusals.push({ namespace: view.to, kind: 'view', name: view.name, reason: reasonOf(thrown) });
      }
    }
    if (refused.length === 0 || refused.length === waiting.length) return refusals;
    waiting = refused;
  }
}

/** A second try after a lost connection may find what the first one made: names were free before. */
async function createOnce(target: Target, database: string, command: Document): Promise<void> {
  let tries = 0;
  await target.attempt(async (signal) => {
    tries++;
    try {
      await target.database(database).command({ ...command, writeConcern: { w: 1 } }, { signal });
    } catch (thrown) {
      if (!(tries > 1 && thrown instanceof MongoServerError && thrown.code === namespaceExists)) throw thrown;
    }
  });
}

/** Nothing happens when it is not there. */
export async function dropCollection(target: Target, database: string, name: string): Promise<void> {
  try {
    await target.command(database, { drop: name, writeConcern: { w: 1 } }, dropDeadlineMs);
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
  }
}

/** A drop waits for locks that other work holds. */
const dropDeadlineMs = 600_000;
const namespaceNotFound = 26;
const namespaceExists = 48;

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.details['code'] === namespaceNotFound;
}

/** The server understood and said no, as against a connection that was lost for good. */
export function isRefusal(thrown: unknown): boolean {
  if (!(thrown instanceof AppError) || thrown.retryable) return false;
  return thrown.code === 'TARGET_REFUSED' && thrown.details['code'] !== undefined;
}
