import { spawnSync } from 'node:child_process';
import { leafwardCommand } from '../support/app.ts';
import { quantile, reportFigure } from './report-figure.ts';

const runs = 21;
const [program, ...first] = leafwardCommand();
const took: number[] = [];
for (let run = 0; run <= runs; run++) {
  const began = performance.now();
  const { status } = spawnSync(program, [...first, '--version'], { stdio: 'ignore' });
  if (status !== 0) throw new Error(`leafward --version ended with ${status}`);
  // The first one reads the file from the disk.
  if (run > 0) took.push(performance.now() - began);
}
reportFigure({
  what: '`leafward --version`',
  goal: '100 ms',
  measured: `${quantile(took, 0.5).toFixed(0)} ms (p95 ${quantile(took, 0.95).toFixed(0)} ms)`,
  remark: `median of ${runs} starts of the executable`,
});
