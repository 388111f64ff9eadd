/**
 * Strips a 64-bit little-endian ELF file (System V ABI, chapter 4): what is not loaded at run time (symbols, debug data,
 * comments) goes, everything that is loaded keeps its place. As `strip` and `objcopy --remove-section=.comment` do it,
 * but the same bytes come out wherever it runs, for every architecture, with no tool to install.
 */
const headerBytes = 64;
const sectionHeaderBytes = 64;
const shfAlloc = 2n;
const shtNobits = 8;
const shtStrtab = 3;

interface Section {
  readonly index: number;
  readonly name: string;
  /** The header as it stands in the file. */
  readonly header: Buffer;
}

/** @throws Error when these are not the bytes of such a file */
export function stripElf(file: Buffer): Buffer {
  const sections = sectionsOf(file);
  const kept = sections.filter(({ index, header }) => index === 0 || (header.readBigUInt64LE(8) & shfAlloc) !== 0n);
  const end = Math.max(headerBytes, ...kept.map(endOf), segmentsEnd(file));
  const names = nameTable([...kept.map(({ name }) => name), '.shstrtab']);
  const tableAt = Math.ceil((end + names.bytes.length) / 8) * 8;
  const stripped = Buffer.alloc(tableAt + (kept.length + 1) * sectionHeaderBytes);
  file.copy(stripped, 0, 0, end);
  names.bytes.copy(stripped, end);
  const places = new Map(kept.map(({ index }, place) => [index, place]));
  for (const [place, section] of kept.entries()) {
    relinked(section, names.at[place] ?? 0, places).copy(stripped, tableAt + place * sectionHeaderBytes);
  }
  nameSection(names.at.at(-1) ?? 0, end, names.bytes.length).copy(stripped, tableAt + kept.length * sectionHeaderBytes);
  stripped.writeBigUInt64LE(BigInt(tableAt), 40);
  stripped.writeUInt16LE(kept.length + 1, 60);
  stripped.writeUInt16LE(kept.length, 62);
  return stripped;
}

/** Names of the sections, in their order. */
export function elfSectionNames(file: Buffer): string[] {
  return sectionsOf(file).map(({ name }) => name);
}

function sectionsOf(file: Buffer): Section[] {
  if (file.length < headerBytes || file.readUInt32BE(0) !== 0x7f454c46 || file[4] !== 2 || file[5] !== 1) {
    throw new Error('not a 64-bit little-endian ELF file');
  }
  const tableAt = Number(file.readBigUInt64LE(40));
  const [count, nameIndex] = [file.readUInt16LE(60), file.readUInt16LE(62)];
  const header = (index: number): Buffer =>
    file.subarray(tableAt + index * sectionHeaderBytes, tableAt + (index + 1) * sectionHeaderBytes);
  if (header(count - 1).length !== sectionHeaderBytes) throw new Error('the section table is cut off');
  const namesAt = Number(header(nameIndex).readBigUInt64LE(24));
  return Array.from({ length: count }, (_, index) => {
    const nameAt = namesAt + header(index).readUInt32LE(0);
    return { index, header: header(index), name: file.toString('latin1', nameAt, file.indexOf(0, nameAt)) };
  });
}

function endOf({ header }: Section): number {
  if (header.readUInt32LE(4) === shtNobits) return 0;
  return Number(header.readBigUInt64LE(24) + header.readBigUInt64LE(32));
}

/** Segments may hold more than their sections do. */
function segmentsEnd(file: Buffer): number {
  const [at, size, count] = [Number(file.readBigUInt64LE(32)), file.readUInt16LE(54), file.readUInt16LE(56)];
  const ends = Array.from({ length: count }, (_, index) => {
    const segment = at + index * size;
    return Number(file.readBigUInt64LE(segment + 8) + file.readBigUInt64LE(segment + 32));
  });
  return Math.max(0, ...ends);
}

function nameTable(names: readonly string[]): { readonly bytes: Buffer; readonly at: readonly number[] } {
  const at: number[] = [];
  let text = '\0';
  for (const name of names) {
    at.push(name === '' ? 0 : text.length);
    if (name !== '') text += `${name}\0`;
  }
  return { bytes: Buffer.from(text, 'latin1'), at };
}

/** A header whose name and links are those of the new table. A link to a section that is gone becomes none. */
function relinked({ header, name }: Section, nameAt: number, places: ReadonlyMap<number, number>): Buffer {
  const changed = Buffer.from(header);
  changed.writeUInt32LE(nameAt, 0);
  changed.writeUInt32LE(places.get(header.readUInt32LE(40)) ?? 0, 40);
  const infoLinks = (header.readBigUInt64LE(8) & 0x40n) !== 0n;
  if (infoLinks) {
    const place = places.get(header.readUInt32LE(44));
    if (place === undefined) throw new Error(`section ${name} refers to one that is not loaded`);
    changed.writeUInt32LE(place, 44);
  }
  return changed;
}

function nameSection(nameAt: number, offset: number, size: number): Buffer {
  const header = Buffer.alloc(sectionHeaderBytes);
  header.writeUInt32LE(nameAt, 0);
  header.writeUInt32LE(shtStrtab, 4);
  header.writeBigUInt64LE(BigInt(offset), 24);
  header.writeBigUInt64LE(BigInt(size), 32);
  header.writeBigUInt64LE(1n, 48);
  return header;
}
