/** Logs numbered lines at a steady rate as programs do, and reopens its log on SIGHUP: FILE LINES PER_SECOND MAX_SIZE. */
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
console.log('ready');
const begunMs = performance.now();
let line = 0;
const timer = setInterval(() => {
  const due = Math.min(Number(lines), ((performance.now() - begunMs) * Number(perSecond)) / 1000);
  while (line < due) log.info('line', { number: line++ });
  if (line < Number(lines)) return;
  clearInterval(timer);
  output.close();
}, 5);
