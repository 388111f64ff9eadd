/**
 * Whether a text fits a pattern in which `*` stands for any run of characters, and `one`, if it is given, for any one of them.
 * Greedy, with one place to go back to: the time grows with the product of the lengths at most. A regular expression of several
 * `.*` takes hours for patterns that people can type.
 */
export function globFits(pattern: string, text: string, one?: string): boolean {
  let at = 0;
  let star = -1;
  let from = 0;
  for (let i = 0; i < text.length; ) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at++;
      from = i;
    } else if (at < pattern.length && (wanted === text[i] || wanted === one)) {
      at++;
      i++;
    } else if (star === -1) {
      return false;
    } else {
      at = star + 1;
      i = ++from;
    }
  }
  return pattern.slice(at).replaceAll('*', '') === '';
}
