import type { DeflatedFile } from './deflated-file.ts';

/** A small file of an archive, by its name inside the top folder. */
export interface SmallFile {
  readonly name: string;
  readonly mode: number;
  readonly body: Uint8Array;
}

/** A file that was compressed before; always executable. */
export interface ProgramFile {
  readonly name: string;
  readonly file: DeflatedFile;
}

export interface ArchiveContent {
  /** The one folder in which everything lies. */
  readonly folder: string;
  readonly programs: readonly ProgramFile[];
  /** The same for every group: compressed once for as long as the very same list is given. */
  readonly common: readonly SmallFile[];
  readonly own: readonly SmallFile[];
  readonly modifiedMs: number;
}

/** A part of a file on disk. */
export interface FileSpan {
  readonly path: string;
  readonly offset: number;
  readonly length: number;
}

/** An archive as what is written one behind the other: bytes, and what programs were compressed to. */
export interface ArchiveParts {
  readonly contentType: string;
  readonly segments: readonly (Uint8Array | FileSpan)[];
  readonly totalBytes: number;
}

export function spanOf({ path, offset, deflatedBytes }: DeflatedFile): FileSpan {
  return { path, offset, length: deflatedBytes };
}

export function archiveParts(contentType: string, segments: ArchiveParts['segments']): ArchiveParts {
  return { contentType, segments, totalBytes: segments.reduce((sum, { length }) => sum + length, 0) };
}
