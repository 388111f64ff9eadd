import { useLayoutEffect, useRef } from 'preact/hooks';
import { navigate } from './router.ts';

/** How long `g` waits for its letter. */
const letterWithinMs = 1500;

/** `/` opens the finder; `g` then a letter goes to a page. Nothing while text is typed or a dialog is open. */
export function useShortcuts(targets: Readonly<Record<string, string>>, onFind: () => void): void {
  // What is on the screen answers to keys at once, here and below: an effect would come after the page is drawn.
  useLayoutEffect(() => {
    let waitsUntilMs = 0;
    const listener = (event: KeyboardEvent) => {
      if (!isShortcut(event) || isTyping(event.target)) return;
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

/** Runs on a key that is neither typed into a field nor meant for a dialog; Esc also where text is typed. */
export function useKey(key: string, action: () => void): void {
  const latest = useRef(action);
  latest.current = action;
  useLayoutEffect(() => {
    const listener = (event: KeyboardEvent) => {
      if (event.key !== key || !isShortcut(event) || (key !== 'Escape' && isTyping(event.target))) return;
      event.preventDefault();
      latest.current();
    };
    document.addEventListener('keydown', listener);
    return () => document.removeEventListener('keydown', listener);
  }, [key]);
}

function isShortcut({ defaultPrevented, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (defaultPrevented || ctrlKey || metaKey || altKey) return false;
  return document.querySelector('dialog[open]') === null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  // The input of a dialog that was just closed keeps the focus until the next frame.
  if (target.closest('dialog:not([open])') !== null) return false;
  return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}
