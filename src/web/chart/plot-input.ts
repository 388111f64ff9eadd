/** Keys of a focused chart: arrows move the cursor (Shift: ten points), Home and End, + and − zoom. Returns the way to stop. */
export function bindKeys(
  element: HTMLElement,
  step: (by: number) => void,
  zoomBy: (factor: number) => void,
): () => void {
  const far = 1e9;
  const keys: Readonly<Record<string, (shift: boolean) => void>> = {
    ArrowLeft: (shift) => step(shift ? -10 : -1),
    ArrowRight: (shift) => step(shift ? 10 : 1),
    Home: () => step(-far),
    End: () => step(far),
    '+': () => zoomBy(0.5),
    '=': () => zoomBy(0.5),
    '-': () => zoomBy(2),
  };
  const listener = (event: KeyboardEvent) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action(event.shiftKey);
  };
  element.addEventListener('keydown', listener);
  return () => element.removeEventListener('keydown', listener);
}

/**
 * A finger that moves sideways drags a span as a mouse does; up and down still scrolls the page (`touch-action: pan-y`),
 * and `cancel` is called when the browser takes the gesture for that. Returns the way to stop.
 */
export function bindTouch(element: HTMLElement, cancel: () => void): () => void {
  const send = (type: string, event: MouseEvent) => {
    // uPlot takes a move by nothing for a stray event of some browsers.
    const init = { clientX: event.clientX, clientY: event.clientY, movementX: 1, button: 0, bubbles: true };
    element.querySelector('.u-over')?.dispatchEvent(new MouseEvent(type, init));
  };
  const listeners: Readonly<Record<string, (event: MouseEvent) => void>> = {
    pointerdown: (event) => {
      send('mousemove', event);
      send('mousedown', event);
    },
    pointermove: (event) => send('mousemove', event),
    pointerup: (event) => send('mouseup', event),
    pointercancel: (event) => {
      cancel();
      send('mouseup', event);
    },
  };
  const forward = (event: Event) => {
    if (event instanceof PointerEvent && event.pointerType === 'touch') listeners[event.type]?.(event);
  };
  for (const name of Object.keys(listeners)) element.addEventListener(name, forward);
  return () => {
    for (const name of Object.keys(listeners)) element.removeEventListener(name, forward);
  };
}
