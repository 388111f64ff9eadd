/** A thin 64-bit little-endian Mach-O file, as far as signing needs it (`mach-o/loader.h`). */
const magic = 0xfeedfacf;
const headerBytes = 32;
const lcSegment64 = 0x19;
const lcCodeSignature = 0x1d;

export interface Segment {
  readonly name: string;
  /** Where its load command stands. */
  readonly commandAt: number;
  readonly fileOffset: number;
  readonly fileSize: number;
}

export interface MachO {
  readonly commandCount: number;
  readonly commandsBytes: number;
  /** Where the first section's bytes begin: load commands end before. */
  readonly firstContentAt: number;
  readonly segments: ReadonlyMap<string, Segment>;
  readonly signature: { readonly commandAt: number; readonly dataAt: number; readonly dataBytes: number } | undefined;
}

/** @throws Error when these are not the bytes of such a file */
export function readMachO(file: Buffer): MachO {
  if (file.length < headerBytes || file.readUInt32LE(0) !== magic) throw new Error('not a thin 64-bit Mach-O file');
  const [commandCount, commandsBytes] = [file.readUInt32LE(16), file.readUInt32LE(20)];
  const segments = new Map<string, Segment>();
  let signature: MachO['signature'];
  let firstContentAt = file.length;
  let at = headerBytes;
  for (let command = 0; command < commandCount; command++) {
    const [kind, size] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    if (size < 8 || at + size > headerBytes + commandsBytes) throw new Error('the load commands are broken');
    if (kind === lcCodeSignature) {
      signature = { commandAt: at, dataAt: file.readUInt32LE(at + 8), dataBytes: file.readUInt32LE(at + 12) };
    } else if (kind === lcSegment64) {
      const segment = readSegment(file, at);
      segments.set(segment.name, segment);
      firstContentAt = Math.min(firstContentAt, firstSectionAt(file, at));
    }
    at += size;
  }
  if (at !== headerBytes + commandsBytes) throw new Error('the load commands have another size than the header says');
  return { commandCount, commandsBytes, firstContentAt, segments, signature };
}

/** Where the load commands end. */
export function commandsEnd({ commandsBytes }: MachO): number {
  return headerBytes + commandsBytes;
}

/** @throws Error when the file has no such segment */
export function segmentOf({ segments }: MachO, name: string): Segment {
  const segment = segments.get(name);
  if (segment === undefined) throw new Error(`there is no segment ${name}`);
  return segment;
}

function readSegment(file: Buffer, commandAt: number): Segment {
  const name = file.toString('latin1', commandAt + 8, commandAt + 24).replace(/\0+$/, '');
  const fileOffset = Number(file.readBigUInt64LE(commandAt + 40));
  return { name, commandAt, fileOffset, fileSize: Number(file.readBigUInt64LE(commandAt + 48)) };
}

function firstSectionAt(file: Buffer, commandAt: number): number {
  let first = file.length;
  for (let section = 0; section < file.readUInt32LE(commandAt + 64); section++) {
    const offset = file.readUInt32LE(commandAt + 72 + 80 * section + 48);
    // Sections of zeros have no bytes in the file.
    if (offset > 0) first = Math.min(first, offset);
  }
  return first;
}
