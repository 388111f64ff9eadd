import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Truth } from '../../../src/alerts/condition.ts';
import type { ConditionState } from '../../../src/alerts/ports.ts';
import { longestStepMs, step } from '../../../src/alerts/state-machine.ts';
import { fc } from '../../support/properties.ts';

const tickMs = 5_000;
const closeAfterMs = 30_000;

interface Case {
  readonly name: string;
  readonly forMs: number;
  /** One letter a look, 5 s apart: H holds, b between, g gone, ? unknown; "!" before a look: the server was stopped for an hour. */
  readonly looks: string;
  /** What each look does: "." nothing, "o" opens, "c" closes. */
  readonly does: string;
}

const cases: readonly Case[] = [
  { name: 'opens at once without a holding time', forMs: 0, looks: 'gHH', does: '.o.' },
  { name: 'opens when it held long enough', forMs: 20_000, looks: 'HHHHHH', does: '....o.' },
  { name: 'a single gone look starts the holding time anew', forMs: 15_000, looks: 'HHHgHHHH', does: '.......o' },
  { name: 'unknown is not held', forMs: 10_000, looks: 'HH?HHH', does: '.....o' },
  { name: 'closes after it was gone for 30 s', forMs: 0, looks: 'Hggggggg', does: 'o......c' },
  { name: 'flapping keeps one alert open', forMs: 0, looks: 'HggHgggHggHgggHgg', does: 'o................' },
  { name: 'unknown neither opens nor closes', forMs: 0, looks: '????H????????????', does: '....o............' },
  { name: 'unknown does not undo what was gone', forMs: 0, looks: 'Hggg??gggg', does: 'o........c' },
  { name: 'between opens nothing', forMs: 0, looks: 'bbbb', does: '....' },
  { name: 'between is not held', forMs: 10_000, looks: 'HHbHHH', does: '.....o' },
  { name: 'between keeps open what is', forMs: 0, looks: 'HgggggbggggggggH', does: 'o............c.o' },
  { name: 'an hour without the server is not held', forMs: 60_000, looks: 'HH!HH', does: '....' },
  { name: 'an hour without the server closes nothing', forMs: 0, looks: 'Hg!gg', does: 'o...' },
];

function play(looks: string, forMs: number): string {
  let state: ConditionState | undefined;
  let nowMs = 1_700_000_000_000;
  let ids = 0;
  let does = '';
  for (const look of looks) {
    if (look === '!') {
      nowMs += 3_600_000;
      continue;
    }
    nowMs += tickMs;
    const truth: Truth = look === 'H' ? 'holds' : look === 'g' ? 'gone' : look === 'b' ? 'between' : 'unknown';
    const result = step(state, { truth, nowMs, forMs, closeAfterMs, newAlertId: () => `al_${ids++}` });
    // A restart in the middle: the state is what the store gives back.
    state = result.state === undefined ? undefined : JSON.parse(JSON.stringify(result.state));
    does += result.effect === 'open' ? 'o' : result.effect === 'close' ? 'c' : '.';
  }
  return does;
}

for (const { name, forMs, looks, does } of cases) {
  test(name, () => assert.equal(play(looks, forMs), does));
}

const truths = fc.constantFrom<Truth>('holds', 'between', 'gone', 'unknown');
/** Mostly 5 s, sometimes a clock that jumps back or ahead. */
const spans = fc.oneof(
  { weight: 8, arbitrary: fc.constant(tickMs) },
  { weight: 1, arbitrary: fc.integer({ min: -86_400_000, max: 86_400_000 }) },
);
const histories = fc.array(fc.record({ truth: truths, span: spans }), { maxLength: 200 });

test('whatever the clock does, an alert opens only after enough looks in a row that found it, and closes only after enough that found it gone', () => {
  fc.assert(
    fc.property(histories, fc.integer({ min: 0, max: 120_000 }), (history, forMs) => {
      let state: ConditionState | undefined;
      let nowMs = 1_700_000_000_000;
      let heldLooks = 0;
      let goneLooks = 0;
      let isOpen = false;
      for (const { truth, span } of history) {
        nowMs += span;
        heldLooks = truth === 'holds' ? heldLooks + 1 : 0;
        if (truth === 'holds' || truth === 'between') goneLooks = 0;
        if (truth === 'gone') goneLooks += 1;
        const { state: after, effect } = step(state, { truth, nowMs, forMs, closeAfterMs, newAlertId: () => 'al' });
        if (effect === 'open') {
          assert.ok(!isOpen);
          // n looks span at most n - 1 steps of bounded length.
          assert.ok((heldLooks - 1) * longestStepMs >= forMs);
        }
        if (effect === 'close') {
          assert.ok(isOpen);
          assert.ok(goneLooks * longestStepMs >= closeAfterMs);
        }
        isOpen = effect === 'open' || (isOpen && effect !== 'close');
        assert.equal(after?.at === 'open', isOpen);
        state = after;
      }
    }),
  );
});
