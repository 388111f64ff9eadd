/**
 * For supervisors that cannot send signals, as the Windows service helper (tools/windows-service): with
 * `LEAFWARD_STOP_WITH_STDIN=true` the program ends in order when its standard input closes.
 */
export function stopWithInput(begin: (reason: string) => void): void {
  if (process.env['LEAFWARD_STOP_WITH_STDIN'] !== 'true') return;
  const { stdin } = process;
  stdin.once('end', () => begin('standard input was closed'));
  stdin.once('error', () => begin('standard input was closed'));
  stdin.resume();
  // Waiting for it keeps nothing alive.
  if ('unref' in stdin) stdin.unref();
}
