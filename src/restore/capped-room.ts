import type { ExactDocument } from './exact-bson.ts';
import type { PlannedCollection } from './plan.ts';
import type { TargetFacts } from './target.ts';

/** The largest size that a mongod takes; nothing is set aside for it. */
const widest = 2 ** 50;
const narrowsSince = 6;

/**
 * Options of a capped collection while it is filled. Since 6.0 one may hold more than its bounds, until the next insert: a target with
 * the same bounds would drop its oldest documents. So it is made with room, and given its bounds (which drops nothing) when all is there.
 */
export function roomyOptions(planned: PlannedCollection, facts: TargetFacts): ExactDocument {
  const { options } = planned;
  if (!needsRoom(planned, facts)) return options;
  const roomy: ExactDocument = new Map(options);
  roomy.delete('max');
  return roomy.set('size', widest);
}

/** Counts and sizes are estimates: what is near its bounds gets room too. */
export function needsRoom({ natural, options, source }: PlannedCollection, facts: TargetFacts): boolean {
  const version = Number.parseFloat(facts.featureCompatibilityVersion ?? facts.version);
  if (!natural || version < narrowsSince) return false;
  return 2 * source.contentBytes > boundOf(options, 'size') || 2 * source.documents > boundOf(options, 'max');
}

/** Zero, or none, is no bound. */
export function boundOf(options: ExactDocument, name: string): number {
  const value = options.get(name);
  const bound = Number(value ?? 0);
  return bound > 0 ? bound : Infinity;
}
