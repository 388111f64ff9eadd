/**
 * Logs numbered lines at a steady rate as programs do, and reopens its log on SIGHUP: FILE LINES PER_SECOND MAX_SIZE. It ends when
 * it has written LINES and its input is closed, and says how many there are.
 */
import { createLog } from '../../src/runtime/log.ts';
import { openLogOutput } from '../../src/runtime/log-file.ts';

const [logFile = '', lines = '0', perSecond = '1000', maxSize = '0'] = process.argv.slice(2);
const settings = { logFile, logMaxSize: Number(maxSize), logMaxAge: undefined, logKeep: 100 };
const output = openLogOutput(settings);
const log = createLog({ level: 'info', format: 'text', write: output.write });
process.on('SIGHUP', () => {
  output.reopen(settings);
  console.log('reopened');
});
let isEnough = false;
process.stdin.on('end', () => {
  isEnough = true;
});
process.stdin.resume();
console.log('ready');
const begunMs = performance.now();
let line = 0;
const timer = setInterval(() => {
  const due = ((performance.now() - begunMs) * Number(perSecond)) / 1000;
  while (line < due) log.info('line', { number: line++ });
  if (!isEnough || line < Number(lines)) return;
  clearInterval(timer);
  console.log(`wrote ${line}`);
  output.close();
}, 5);
