import { useEffect, useState } from 'preact/hooks';

export interface Address {
  readonly path: string;
  readonly query: URLSearchParams;
}

const listeners = new Set<() => void>();
let current = read();

function read(): Address {
  return { path: location.pathname, query: new URLSearchParams(location.search) };
}

function changed(): void {
  current = read();
  for (const listener of listeners) listener();
}

/** Goes to an address of this site; `replace` leaves no step to go back to. */
export function navigate(address: string, replace = false): void {
  const before = location.pathname;
  history[replace ? 'replaceState' : 'pushState'](null, '', address);
  changed();
  if (location.pathname !== before) scrollTo(0, 0);
}

/** Writes one part of the query, or removes it (`null`), without a step in the history. */
export function setQuery(name: string, value: string | null): void {
  const query = new URLSearchParams(location.search);
  if (value === null || value === '') query.delete(name);
  else query.set(name, value);
  const text = query.toString();
  navigate(location.pathname + (text === '' ? '' : `?${text}`), true);
}

export function useAddress(): Address {
  const [address, setAddress] = useState(current);
  useEffect(() => {
    const listener = () => setAddress(current);
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, []);
  return address;
}

/** Plain links of this site become steps of the history; those with a modifier, a target or `download` stay the browser's. */
function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (link === null || link.origin !== location.origin || link.target !== '' || link.hasAttribute('download')) return;
  if (link.hash !== '' && link.pathname === location.pathname) return;
  if (/^\/(api|agent|health)\/|\.(gz|zip)$/.test(link.pathname)) return;
  event.preventDefault();
  navigate(link.pathname + link.search + link.hash);
}

/** Starts listening to clicks and to the browser's back and forward. */
export function startRouter(): () => void {
  addEventListener('popstate', changed);
  document.addEventListener('click', onClick);
  return () => {
    removeEventListener('popstate', changed);
    document.removeEventListener('click', onClick);
  };
}

/** `/g/:g/…` address of a group's page; parts are escaped. */
export function groupPath(groupId: string, ...parts: readonly string[]): string {
  return ['/g', groupId, ...parts].map((part) => (part === '/g' ? part : encodeURIComponent(part))).join('/');
}
