import { runProgram } from './cli/program.ts';
import { reportError } from './cli/report-error.ts';

process.title = 'leafward';
process.on('uncaughtException', (thrown) => process.exit(reportError(thrown)));

try {
  await runProgram(process.argv.slice(2));
} catch (thrown) {
  process.exitCode = reportError(thrown);
}
