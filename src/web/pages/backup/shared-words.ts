/** `sharing saved 97%`. */
export function sharedWords(fullBytes: number, storedBytes: number): string {
  if (fullBytes <= 0 || storedBytes >= fullBytes) return 'sharing saved nothing yet';
  const saved = 100 * (1 - storedBytes / fullBytes);
  return `sharing and compression saved ${saved > 99 ? saved.toFixed(1) : Math.round(saved)}%`;
}
