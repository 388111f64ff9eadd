/** From the start of the process to the first answer of /health/ready, on a new data directory and on the same one again. */
import { startApp } from '../support/app.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

const runs = 7;

async function serverReady(dataDir: string): Promise<number> {
  const began = performance.now();
  await using server = startApp(['server', '--data-dir', dataDir, '--listen', '127.0.0.1:0']);
  const url = (await server.line(/ready url=(\S+)/))[1] ?? '';
  const { status } = await fetch(`${url}/health/ready`);
  if (status !== 200) throw new Error(`/health/ready answered ${status}`);
  return performance.now() - began;
}

await using folder = tempDir();
const anew: number[] = [];
const again: number[] = [];
for (let run = 0; run < runs; run++) {
  anew.push(await serverReady(folder.file(`data-${run}`)));
  again.push(await serverReady(folder.file(`data-${run}`)));
}
const median = (values: readonly number[]): string => `${quantile(values, 0.5).toFixed(0)} ms`;
reportFigure({
  what: 'server ready',
  goal: '1 s',
  measured: median(anew),
  remark: `median of ${runs} starts on an empty data directory; ${median(again)} on one that is there`,
});
