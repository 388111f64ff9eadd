import { useEffect, useState } from 'preact/hooks';
import type { Zone } from './chart/time-axis.ts';
import { setQuery, useAddress } from './router.ts';

const storageName = 'leafward-zone';
const listeners = new Set<() => void>();

export function currentZone(): Zone {
  return localStorage.getItem(storageName) === 'local' ? 'local' : 'utc';
}

/** Times on every page are told in this zone; the choice stays in this browser and replaces that of the address. */
export function setZone(zone: Zone): void {
  localStorage.setItem(storageName, zone);
  if (new URLSearchParams(location.search).has('zone')) setQuery('zone', null);
  for (const listener of listeners) listener();
}

/** The zone that the address names (a permalink), else the reader's own. */
export function useZone(): Zone {
  const named = useAddress().query.get('zone');
  const [own, change] = useState<Zone>(currentZone);
  useEffect(() => {
    const listener = () => change(currentZone());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return named === 'utc' || named === 'local' ? named : own;
}

/** The time now, again every `everyMs`. */
export function useClock(everyMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
