import type { Locator } from 'playwright-core';
import { eventually } from '../support/eventually.ts';

/** Where an element is once it moves no further: what the mouse aims at by coordinates. */
export function stillBox(
  element: Locator,
): Promise<{ readonly x: number; readonly y: number; readonly width: number; readonly height: number }> {
  let seen = '';
  let looks = 0;
  return eventually(
    async () => {
      const box = await element.boundingBox();
      looks = JSON.stringify(box) === seen ? looks + 1 : 0;
      seen = JSON.stringify(box);
      return box !== null && looks >= 2 && box;
    },
    { everyMs: 200, what: 'an element that moves no further' },
  );
}
