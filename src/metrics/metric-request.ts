import type { MetricSource } from '../model/metric.ts';
import { catalogMetric } from '../model/metric-catalog.ts';

/** A series to compute: a source without patterns, and the name that its points are given under. */
export interface BoundMetric {
  readonly name: string;
  readonly source: MetricSource;
}

/** Most series that one request may grow to when families are asked for. */
const maxSeries = 500;

/**
 * What names stand for on a stream that has these raw names: a catalog metric, a family or one of it, else a raw name.
 * Patterns are replaced by the names that match.
 */
export function bindMetrics(names: readonly string[], rawNames: () => Iterable<string>): readonly BoundMetric[] {
  const bound: BoundMetric[] = [];
  for (const name of names) {
    const metric = catalogMetric(name);
    if (metric === undefined) bound.push({ name, source: { raw: name } });
    else if (!hasPattern(metric.source)) bound.push({ name, source: metric.source });
    else bound.push(...bindFamily(name, metric.name, metric.source, [...rawNames()]));
  }
  return bound.slice(0, maxSeries);
}

/** The raw names that a source without patterns reads. */
export function rawNamesOf(source: MetricSource): readonly string[] {
  if ('raw' in source) return [source.raw];
  return partsOf(source).flatMap(rawNamesOf);
}

function bindFamily(asked: string, name: string, source: MetricSource, rawNames: readonly string[]): BoundMetric[] {
  const members = familyMembers(source, rawNames);
  if (members === undefined) return [{ name: asked, source: bind(source, '', rawNames) }];
  const wanted = asked === name ? members : members.filter((member) => asked === `${name}:${member}`);
  return wanted.map((member) => ({ name: `${name}:${member}`, source: bind(source, member, rawNames) }));
}

/** What the `each` patterns match, sorted; undefined when there are none. */
function familyMembers(source: MetricSource, rawNames: readonly string[]): string[] | undefined {
  const patterns = leavesOf(source).filter((leaf) => leaf.each === true);
  if (patterns.length === 0) return undefined;
  const members = new Set<string>();
  for (const { match } of patterns) {
    const expression = patternOf(match);
    for (const name of rawNames) {
      const found = expression.exec(name);
      if (found !== null) members.add(found.slice(1).join('.'));
    }
  }
  return [...members].sort();
}

function bind(source: MetricSource, member: string, rawNames: readonly string[]): MetricSource {
  if ('raw' in source) return source;
  if ('match' in source) {
    const expression = patternOf(source.match);
    const matching = rawNames.filter((name) => {
      const found = expression.exec(name);
      return found !== null && (source.each !== true || found.slice(1).join('.') === member);
    });
    return { sum: matching.map((raw) => ({ raw })) };
  }
  const again = (part: MetricSource): MetricSource => bind(part, member, rawNames);
  if ('sum' in source) return { sum: source.sum.map(again) };
  if ('firstOf' in source) return { firstOf: source.firstOf.map(again) };
  if ('scaled' in source) return { ...source, scaled: again(source.scaled) };
  if ('ratio' in source) return { ...source, ratio: [again(source.ratio[0]), again(source.ratio[1])] };
  return { difference: [again(source.difference[0]), again(source.difference[1])] };
}

function hasPattern(source: MetricSource): boolean {
  return leavesOf(source).length > 0;
}

function leavesOf(source: MetricSource): readonly { readonly match: string; readonly each?: true }[] {
  if ('match' in source) return [source];
  return partsOf(source).flatMap(leavesOf);
}

function partsOf(source: MetricSource): readonly MetricSource[] {
  if ('sum' in source) return source.sum;
  if ('firstOf' in source) return source.firstOf;
  if ('scaled' in source) return [source.scaled];
  if ('ratio' in source) return source.ratio;
  if ('difference' in source) return source.difference;
  return [];
}

/** `*` stands for exactly one part of a name. */
function patternOf(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.\\^$*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('([^.]+)')}$`);
}
