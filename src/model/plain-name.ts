const escapes: Readonly<Record<string, string>> = { '%2E': '.', '%25': '%', '%0A': '\n' };

/** A raw name, or one part of it, for a person: what `flatten` escaped is written as the server said it. */
export function plainName(name: string): string {
  return name.replaceAll(/%(?:2E|25|0A)/g, (escape) => escapes[escape] ?? escape);
}
