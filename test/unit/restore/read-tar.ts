/** Reads a tar (POSIX.1-2001) into its files, knowing nothing of how it was written; checksums are checked. */
export function readTar(bytes: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  let pax = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const header = bytes.subarray(at, at + 512);
    if (header.every((byte) => byte === 0)) break;
    checkSum(header);
    const size = Number(pax.get('size') ?? Number.parseInt(field(header, 124, 12), 8));
    const content = bytes.subarray(at + 512, at + 512 + size);
    if (content.length !== size) throw new Error('the tar ends inside of a file');
    if (field(header, 156, 1) === 'x') pax = records(content);
    else {
      files.set(pax.get('path') ?? field(header, 0, 100), content);
      pax = new Map();
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
  if (bytes.length % 512 !== 0 || !bytes.subarray(-1024).every((byte) => byte === 0)) throw new Error('no end');
  return files;
}

function field(header: Buffer, at: number, width: number): string {
  const bytes = header.subarray(at, at + width);
  const end = bytes.indexOf(0);
  return bytes.toString('utf8', 0, end < 0 ? width : end);
}

function checkSum(header: Buffer): void {
  let sum = 0;
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 32 : byte;
  if (Number.parseInt(field(header, 148, 8), 8) !== sum) throw new Error('a header has a wrong checksum');
}

function records(content: Buffer): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = Number(content.toString('latin1', at, space));
    const [key = '', value = ''] = content.toString('utf8', space + 1, at + length - 1).split(/=(.*)/s);
    found.set(key, value);
    at += length;
  }
  return found;
}
