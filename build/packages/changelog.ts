/** One version of CHANGELOG.md. */
export interface Release {
  readonly version: string;
  /** One line each, without markup. */
  readonly notes: readonly string[];
}

/** Reads CHANGELOG.md, newest first. @throws Error for a file without a version */
export function readChangelog(markdown: string): Release[] {
  const releases: { version: string; notes: string[] }[] = [];
  for (const line of markdown.split('\n')) {
    const version = /^## (\d[^\s]*)/.exec(line)?.[1];
    const note = /^- (.*)$/.exec(line)?.[1];
    if (version !== undefined) releases.push({ version, notes: [] });
    else if (note !== undefined) releases.at(-1)?.notes.push(note.replaceAll('`', ''));
  }
  if (releases.length === 0) throw new Error('CHANGELOG.md names no version');
  return releases;
}

/**
 * The changelog as deb-changelog(5) wants it. The version of the package stands first, whatever the file calls it: what is
 * built between two releases is of the version that comes.
 */
export function debianChangelog(
  releases: readonly Release[],
  { name, version, maintainer, date }: { name: string; version: string; maintainer: string; date: Date },
): string {
  const [first, ...older] = releases;
  const blocks = [
    { version, notes: first?.notes ?? [] },
    ...older.map((one) => ({ ...one, version: `${one.version}-1` })),
  ];
  return blocks
    .map(({ version: of, notes }) => {
      const lines = notes.map((note) => wrapped(note).join('\n'));
      return `${name} (${of}) stable; urgency=medium\n\n${lines.join('\n')}\n\n -- ${maintainer}  ${rfc2822(date)}\n`;
    })
    .join('\n');
}

function wrapped(note: string): string[] {
  const lines: string[] = [];
  let line = '  *';
  for (const word of note.split(/\s+/)) {
    if (line.length + word.length + 1 > 78 && line.trim() !== '*') {
      lines.push(line);
      line = `    ${word}`;
    } else line = `${line} ${word}`;
  }
  return [...lines, line];
}

/** `Sat, 21 Nov 2026 18:45:05 +0000` */
function rfc2822(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}
