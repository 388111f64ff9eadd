/** Keys of a focused chart: arrows move the cursor (Shift: ten points), Home and End, + and − zoom. Returns the way to stop. */
export function bindKeys(element: HTMLElement, step: (by: number) => void, zoomBy: (factor: number) => void): () => void {
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

/** A finger that moves sideways drags a span as a mouse does; up and down still scrolls the page (`touch-action: pan-y`). */
export function bindTouch(element: HTMLElement): () => void {
  const events = { pointerdown: 'mousedown', pointermove: 'mousemove', pointerup: 'mouseup' } as const;
  const forward = (event: PointerEvent) => {
    if (event.pointerType !== 'touch' || !(event.type in events)) return;
    const over = element.querySelector('.u-over');
    const type = event.type === 'pointerdown' ? 'mousedown' : event.type === 'pointermove' ? 'mousemove' : 'mouseup';
    const init = { clientX: event.clientX, clientY: event.clientY, button: 0, bubbles: true };
    if (type === 'mousedown') over?.dispatchEvent(new MouseEvent('mousemove', init));
    over?.dispatchEvent(new MouseEvent(type, init));
  };
  const cancel = () => element.querySelector('.u-over')?.dispatchEvent(new MouseEvent('mouseup', { bubbles: true }));
  for (const name of Object.keys(events)) element.addEventListener(name, forwardAny);
  element.addEventListener('pointercancel', cancel);
  function forwardAny(event: Event): void {
    if (event instanceof PointerEvent) forward(event);
  }
  return () => {
    for (const name of Object.keys(events)) element.removeEventListener(name, forwardAny);
    element.removeEventListener('pointercancel', cancel);
  };
}
