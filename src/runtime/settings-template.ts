import type { Setting, SettingsTable } from './settings.ts';

const width = 100;

/**
 * A settings file in which every setting of the table is explained: those of `values` are set (a secret may be
 * by the name of its file), the others stand there as comments with their defaults.
 */
export function settingsTemplate(
  table: SettingsTable,
  values: Readonly<Record<string, string>>,
  intro: readonly string[],
): string {
  const blocks = Object.entries(table).map(([name, setting]) => {
    const file = setting.secret === true && values[name] === undefined ? values[`${name}File`] : undefined;
    return file === undefined ? settingBlock(name, setting, values[name]) : settingBlock(`${name}File`, setting, file);
  });
  return `${[intro.map((line) => (line === '' ? '#' : `# ${line}`)).join('\n'), ...blocks].join('\n\n')}\n`;
}

function settingBlock(name: string, setting: Setting, value: string | undefined): string {
  const lines = wrapped(setting.help).map((line) => `# ${line}`);
  const allowed = allowedValues(setting);
  if (allowed !== undefined) lines.push(`# ${allowed}`);
  if (value !== undefined) lines.push(`${name} = ${quoted(value)}`);
  else lines.push(`#${name} = ${setting.default ?? ''}`.trimEnd());
  return lines.join('\n');
}

function allowedValues({ kind, choices }: Setting): string | undefined {
  if (choices !== undefined) return `Allowed: ${choices.join(', ')}.`;
  if (kind === 'boolean') return 'Allowed: true, false.';
  if (kind === 'list') return 'Several are separated by commas.';
  return undefined;
}

/** As settings-file.ts reads it back. */
function quoted(value: string): string {
  if (/^[^\s"#\\]+$/.test(value)) return value;
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return line === '' ? lines : [...lines, line];
}
