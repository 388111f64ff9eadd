import type { DownloadChoices } from '../../../../wire/api/downloads.ts';
import { setQuery } from '../../../router.ts';
import { wayNames, waysOf } from './install-lines.ts';
import type { Choice } from './use-choice.ts';

const agents = [
  ['monitoring', 'Monitoring agent'],
  ['backup', 'Backup agent'],
  ['both', 'Both'],
] as const;
const formats = ['tar.gz', 'zip'] as const;

/** Agent, platform, and how it is installed. */
export function ChoiceBar({ choice, choices }: { readonly choice: Choice; readonly choices: DownloadChoices }) {
  const ways = waysOf(choice.target);
  const hasFormat = choice.way === 'archive' || choice.way === 'powershell';
  return (
    <div class="stack">
      <div class="buttons">
        <Segments
          label="Agent"
          of={agents}
          chosen={choice.kind}
          choose={(kind) => setQuery('agent', kind === 'monitoring' ? null : kind)}
        />
        <select
          aria-label="Platform"
          onChange={(event) => setQuery('platform', event.currentTarget.value)}
          value={choice.target}
        >
          {choices.targets.map(({ target, name, available, experimental }) => (
            <option key={target} value={target} selected={target === choice.target}>
              {name}
              {experimental ? ', experimental' : ''}
              {available ? '' : ': not on this server'}
            </option>
          ))}
        </select>
        {choice.guessed && <span class="help">The platform of this browser; choose that of the agent's machine.</span>}
      </div>
      <div class="buttons">
        {ways.length > 1 && (
          <Segments
            label="How to install"
            of={ways.map((way) => [way, wayNames[way]] as const)}
            chosen={choice.way}
            choose={(way) => setQuery('way', way === ways[0] ? null : way)}
          />
        )}
        {hasFormat && (
          <Segments
            label="Format"
            of={formats.map((format) => [format, format] as const)}
            chosen={choice.format}
            choose={(format) => setQuery('format', format)}
          />
        )}
      </div>
    </div>
  );
}

interface SegmentsProps<T extends string> {
  readonly label: string;
  readonly of: readonly (readonly [value: T, name: string])[];
  readonly chosen: T;
  readonly choose: (value: T) => void;
}

function Segments<T extends string>({ label, of, chosen, choose }: SegmentsProps<T>) {
  return (
    <div class="seg" role="group" aria-label={label}>
      {of.map(([value, name]) => (
        <button type="button" key={value} aria-pressed={value === chosen} onClick={() => choose(value)}>
          {name}
        </button>
      ))}
    </div>
  );
}
