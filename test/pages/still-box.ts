import type { Locator } from 'playwright-core';
import { eventually } from '../support/eventually.ts';

/** Where an element is once nothing is read any more and it moves no further: what the mouse aims at by coordinates. */
export function stillBox(
  element: Locator,
): Promise<{ readonly x: number; readonly y: number; readonly width: number; readonly height: number }> {
  let before = '';
  return eventually(
    async () => {
      const [box, waits] = [await element.boundingBox(), await element.page().locator('.waiting').count()];
      const isStill = JSON.stringify(box) === before;
      before = JSON.stringify(box);
      return box !== null && waits === 0 && isStill && box;
    },
    { everyMs: 200, what: 'an element that moves no further' },
  );
}
