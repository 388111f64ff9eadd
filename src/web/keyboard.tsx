import { useEffect } from 'preact/hooks';
import { navigate } from './router.ts';

/** How long `g` waits for its letter. */
const letterWithinMs = 1500;

/** `/` opens the finder; `g` then a letter goes to a page. Nothing while text is typed or a dialog is open. */
export function useShortcuts(targets: Readonly<Record<string, string>>, onFind: () => void): void {
  useEffect(() => {
    let waitsUntilMs = 0;
    const listener = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]') !== null) return;
      // When the key was pressed, not when a busy page came to it.
      const target = event.timeStamp < waitsUntilMs ? targets[event.key] : undefined;
      waitsUntilMs = 0;
      if (target !== undefined) {
        event.preventDefault();
        navigate(target);
      } else if (event.key === '/') {
        event.preventDefault();
        onFind();
      } else if (event.key === 'g') {
        waitsUntilMs = event.timeStamp + letterWithinMs;
      }
    };
    addEventListener('keydown', listener);
    return () => removeEventListener('keydown', listener);
  }, [targets, onFind]);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // The input of a dialog that was just closed keeps the focus until the next frame.
  if (target.closest('dialog:not([open])') !== null) return false;
  return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}
