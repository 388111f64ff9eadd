import { runProgram } from './cli/program.ts';
import { reportError } from './cli/report-error.ts';

process.title = 'leafward';
process.on('uncaughtException', (thrown) => process.exit(reportError(thrown)));

try {
  await runProgram(process.argv.slice(2));
  // All is closed: a socket that someone forgot keeps no service manager waiting.
  setTimeout(() => process.exit(), 3000).unref();
} catch (thrown) {
  process.exitCode = reportError(thrown);
}
