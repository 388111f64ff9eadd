import type { DeflatedFile } from './deflated-file.ts';

/** A small file of an archive, by its name inside the top folder. */
export interface SmallFile {
  readonly name: string;
  readonly mode: number;
  readonly body: Uint8Array;
}

export interface ArchiveContent {
  /** The one folder in which everything lies. */
  readonly folder: string;
  readonly executable: { readonly name: string; readonly file: DeflatedFile };
  readonly files: readonly SmallFile[];
  readonly modifiedMs: number;
}

/** An archive as bytes around the executable's deflated form: head, that file, tail. */
export interface ArchiveParts {
  readonly contentType: string;
  readonly head: Uint8Array;
  readonly deflatedPath: string;
  readonly tail: Uint8Array;
  readonly totalBytes: number;
}
