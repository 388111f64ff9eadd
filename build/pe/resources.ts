import { createRequire } from 'node:module';
import { iconPictures } from './icon.ts';

interface VersionInfo {
  setFileVersion(major: number, minor: number, micro: number, revision: number, lang: number): void;
  setProductVersion(major: number, minor: number, micro: number, revision: number, lang: number): void;
  setStringValues(language: Language, values: Readonly<Record<string, string>>): void;
  getStringValues(language: Language): Readonly<Record<string, string>>;
  outputToResourceEntries(entries: readonly unknown[]): void;
}

interface Language {
  readonly lang: number;
  readonly codepage: number;
}

interface Executable {
  generate(): ArrayBuffer;
}

/** What we use of resedit. Its own types bring those of the DOM with them, which do not go together with Node's. */
interface ResEdit {
  readonly NtExecutable: { from(file: Buffer, options: { readonly ignoreCert: boolean }): Executable };
  readonly NtExecutableResource: {
    from(program: Executable): { readonly entries: readonly unknown[]; outputResource(program: Executable): void };
  };
  readonly Resource: {
    readonly VersionInfo: { fromEntries(entries: readonly unknown[]): readonly VersionInfo[] };
    readonly IconGroupEntry: {
      fromEntries(entries: readonly unknown[]): readonly { readonly id: number | string }[];
      replaceIconsForResource(
        entries: readonly unknown[],
        id: number | string,
        lang: number,
        icons: readonly unknown[],
      ): void;
    };
  };
  readonly Data: {
    readonly IconItem: { from(bitmap: ArrayBuffer): unknown };
    readonly RawIconItem: { from(png: ArrayBuffer, width: number, height: number, bits: number): unknown };
  };
}

const { Data, NtExecutable, NtExecutableResource, Resource }: ResEdit = createRequire(import.meta.url)('resedit');

const english = 1033;
const unicode = 1200;

export interface ProgramFacts {
  /** `leafward.exe`. */
  readonly fileName: string;
  readonly description: string;
  /** `0.1.0`, a suffix behind the numbers is allowed. */
  readonly version: string;
}

/**
 * Gives a Windows program our icon and version resource (what Explorer shows under Details) in place of Node's, and drops
 * its signature. It comes before --build-sea, which adds one more resource to those that are there.
 */
export function withOurResources(file: Buffer, { fileName, description, version }: ProgramFacts): Buffer {
  const program = NtExecutable.from(file, { ignoreCert: true });
  const resources = NtExecutableResource.from(program);
  const [info] = Resource.VersionInfo.fromEntries(resources.entries);
  const [icons] = Resource.IconGroupEntry.fromEntries(resources.entries);
  if (info === undefined || icons === undefined) throw new Error('the base has no version resource or no icon');
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  info.setFileVersion(major, minor, patch, 0, english);
  info.setProductVersion(major, minor, patch, 0, english);
  info.setStringValues(
    { lang: english, codepage: unicode },
    {
      CompanyName: 'Leafward',
      ProductName: 'Leafward',
      FileDescription: description,
      FileVersion: version,
      ProductVersion: version,
      InternalName: 'leafward',
      OriginalFilename: fileName,
      LegalCopyright: 'Leafward contributors. Apache-2.0; "leafward licences" lists what is inside.',
    },
  );
  info.outputToResourceEntries(resources.entries);
  const pictures = iconPictures().map(({ bytes, size }) => picture(bytes, size));
  Resource.IconGroupEntry.replaceIconsForResource(resources.entries, icons.id, english, pictures);
  resources.outputResource(program);
  return Buffer.from(program.generate());
}

/** What the version resource says, for whoever checks a finished program. */
export function versionStrings(file: Buffer): Readonly<Record<string, string>> {
  const { entries } = NtExecutableResource.from(NtExecutable.from(file, { ignoreCert: true }));
  const [info] = Resource.VersionInfo.fromEntries(entries);
  return info?.getStringValues({ lang: english, codepage: unicode }) ?? {};
}

function picture(bytes: Buffer, size: number): unknown {
  const copy = new Uint8Array(bytes).buffer;
  return size >= 256 ? Data.RawIconItem.from(copy, size, size, 32) : Data.IconItem.from(copy);
}
