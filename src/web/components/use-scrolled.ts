import { useEffect, useRef } from 'preact/hooks';

/** Calls when what is on screen may be another part of the page: it was scrolled, or it or the window changed its size. */
export function useScrolled(look: () => void): void {
  const newest = useRef(look);
  newest.current = look;
  useEffect(() => {
    const listener = () => newest.current();
    const observer = new ResizeObserver(listener);
    observer.observe(document.body);
    addEventListener('scroll', listener, { passive: true });
    addEventListener('resize', listener);
    return () => {
      observer.disconnect();
      removeEventListener('scroll', listener);
      removeEventListener('resize', listener);
    };
  }, []);
}
