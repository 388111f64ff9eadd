import { useEffect } from 'preact/hooks';
import { navigate } from './router.ts';

/** `/` opens the finder; `g` then a letter goes to a page. Nothing while text is typed or a dialog is open. */
export function useShortcuts(targets: Readonly<Record<string, string>>, onFind: () => void): void {
  useEffect(() => {
    let waiting = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const target = waiting ? targets[event.key] : undefined;
      waiting = false;
      clearTimeout(timer);
      if (target !== undefined) {
        event.preventDefault();
        navigate(target);
      } else if (event.key === '/') {
        event.preventDefault();
        onFind();
      } else if (event.key === 'g') {
        waiting = true;
        timer = setTimeout(() => {
          waiting = false;
        }, 1500);
      }
    };
    addEventListener('keydown', listener);
    return () => {
      removeEventListener('keydown', listener);
      clearTimeout(timer);
    };
  }, [targets, onFind]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
  );
}
