/** Bounds a map: of what was set last, so many stay. What was set longest ago goes first; delete before setting to count a key as new. */
export function keepNewest<K>(map: Map<K, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) return;
    map.delete(oldest);
  }
}
