import type { MetricSource } from './metric.ts';

/** Tells of a metric's source whether a host that reports these raw names has it; rules: MetricSource. */
export function reportedBy(rawNames: readonly string[]): (source: MetricSource) => boolean {
  const exact = new Set(rawNames);
  const split = rawNames.map((name) => name.split('.'));
  const byPattern = new Map<string, boolean>();
  const matches = (pattern: string): boolean => {
    const known = byPattern.get(pattern);
    if (known !== undefined) return known;
    const parts = pattern.split('.');
    const found = split.some((name) => fits(parts, name));
    byPattern.set(pattern, found);
    return found;
  };
  const has = (source: MetricSource): boolean => {
    if ('raw' in source) return exact.has(source.raw);
    if ('match' in source) return matches(source.match);
    if ('sum' in source) return source.sum.some(has);
    if ('firstOf' in source) return source.firstOf.some(has);
    if ('scaled' in source) return has(source.scaled);
    return ('ratio' in source ? source.ratio : source.difference).every(has);
  };
  return has;
}

/** `*` stands for exactly one part of a name. */
function fits(pattern: readonly string[], name: readonly string[]): boolean {
  return name.length === pattern.length && pattern.every((part, at) => part === '*' || part === name[at]);
}
