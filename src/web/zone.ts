import { useEffect, useState } from 'preact/hooks';
import type { Zone } from './chart/time-axis.ts';

const storageName = 'leafward-zone';
const listeners = new Set<() => void>();

export function currentZone(): Zone {
  return localStorage.getItem(storageName) === 'local' ? 'local' : 'utc';
}

/** Times on every page are told in this zone; the choice stays in this browser. */
export function setZone(zone: Zone): void {
  localStorage.setItem(storageName, zone);
  for (const listener of listeners) listener();
}

export function useZone(): Zone {
  const [zone, change] = useState<Zone>(currentZone);
  useEffect(() => {
    const listener = () => change(currentZone());
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
  return zone;
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
