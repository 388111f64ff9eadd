import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const blockBytes = 512;

/**
 * The control file of a deb (deb(5): an ar archive with control.tar.gz in it) as its fields stand there.
 * @throws Error when it is not such a package
 */
export function debControl(path: string): string {
  const member = arMember(readFileSync(path), 'control.tar.gz');
  if (member === undefined) throw new Error(`${path} has no control.tar.gz`);
  const control = tarFile(gunzipSync(member), './control');
  if (control === undefined) throw new Error(`${path} has no control file`);
  return control.toString().trimEnd();
}

/** The first line of a field of a control file. */
export function controlField(control: string, name: string): string | undefined {
  return new RegExp(`^${name}: (.*)$`, 'm').exec(control)?.[1];
}

function arMember(bytes: Buffer, wanted: string): Buffer | undefined {
  if (bytes.toString('latin1', 0, 8) !== '!<arch>\n') return undefined;
  let at = 8;
  while (at + 60 <= bytes.length) {
    const name = bytes
      .toString('latin1', at, at + 16)
      .trim()
      .replace(/\/$/, '');
    const size = Number(bytes.toString('latin1', at + 48, at + 58).trim());
    if (!Number.isSafeInteger(size)) return undefined;
    at += 60;
    if (name === wanted) return bytes.subarray(at, at + size);
    at += size + (size % 2);
  }
  return undefined;
}

function tarFile(bytes: Buffer, wanted: string): Buffer | undefined {
  let at = 0;
  while (at + blockBytes <= bytes.length) {
    const name = bytes.toString('latin1', at, at + 100).replace(/\0.*$/s, '');
    const size = Number.parseInt(bytes.toString('latin1', at + 124, at + 136), 8) || 0;
    at += blockBytes;
    if (name.replace(/^(\.\/)?/, './') === wanted) return bytes.subarray(at, at + size);
    at += Math.ceil(size / blockBytes) * blockBytes;
  }
  return undefined;
}
