import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { constants, deflateRaw } from 'node:zlib';

const ownDeflate = promisify(deflateRaw);

/** Reads a file from its input and writes it as raw deflate, ended by a full flush. */
const script = `
import sys, zlib
packer = zlib.compressobj(6, zlib.DEFLATED, -15, 8)
while chunk := sys.stdin.buffer.read(1 << 20):
    sys.stdout.buffer.write(packer.compress(chunk))
sys.stdout.buffer.write(packer.flush(zlib.Z_FULL_FLUSH))
`;

let python: boolean | undefined;

/**
 * A file as raw deflate (RFC 1951) without a final block, ended by a full flush: such a part can stand between others. Made by
 * the original zlib, which Python has: Node's is a quicker one that makes our programs 3% larger. Without Python it is Node's.
 * `scratch` is where the result may lie meanwhile.
 */
export async function deflatePart(path: string, scratch: string): Promise<Buffer> {
  python ??= spawnSync('python3', ['-c', 'import zlib'], { stdio: 'ignore' }).status === 0;
  if (!python) return ownDeflate(readFileSync(path), { level: 6, finishFlush: constants.Z_FULL_FLUSH });
  const [input, output] = [openSync(path, 'r'), openSync(scratch, 'w')];
  try {
    // From file to file: it goes on while this process is busy with the next program.
    const child = spawn('python3', ['-c', script], { stdio: [input, output, 'inherit'], timeout: 600_000 });
    const status = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
    if (status !== 0) throw new Error(`python3 ended with status ${String(status)} while it compressed ${path}`);
    return readFileSync(scratch);
  } finally {
    closeSync(input);
    closeSync(output);
    rmSync(scratch, { force: true });
  }
}
