import { useState } from 'preact/hooks';

interface InlineNumberProps {
  readonly label: string;
  readonly value: number | undefined;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly required?: boolean;
  /** Undefined: it was emptied. Never called with what is out of bounds. */
  readonly onChange: (value: number | undefined) => void;
}

/** A number in the middle of a sentence; what is half typed is kept until it is a number again. */
export function InlineNumber({ label, value, min, max, step = 'any', required = true, onChange }: InlineNumberProps) {
  const [text, setText] = useState(value === undefined ? '' : String(value));
  const shown = text !== '' && Number(text) === value ? text : value === undefined ? text : String(value);
  return (
    <input
      type="number"
      class="inline num"
      aria-label={label}
      min={min}
      max={max}
      step={step}
      required={required}
      style={{ width: `${Math.max(3, shown.length) + 3.5}ch` }}
      value={shown}
      onInput={({ currentTarget }) => {
        setText(currentTarget.value);
        if (currentTarget.value === '' && !currentTarget.validity.badInput) {
          if (!required) onChange(undefined);
        } else if (currentTarget.validity.valid) onChange(currentTarget.valueAsNumber);
      }}
    />
  );
}

interface InlineChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly (readonly [value: T, words: string])[];
  readonly onChange: (value: T) => void;
}

/** A choice in the middle of a sentence. */
export function InlineChoice<T extends string>({ label, value, options, onChange }: InlineChoiceProps<T>) {
  return (
    <select
      class="inline"
      aria-label={label}
      value={value}
      onChange={({ currentTarget }) => {
        const found = options.find(([name]) => name === currentTarget.value);
        if (found !== undefined) onChange(found[0]);
      }}
    >
      {options.map(([name, words]) => (
        <option key={name} value={name}>
          {words}
        </option>
      ))}
    </select>
  );
}

const units = [
  ['1000', 's'],
  ['60000', 'min'],
  ['3600000', 'h'],
  ['86400000', 'days'],
] as const;

interface InlineDurationProps {
  readonly label: string;
  readonly ms: number;
  readonly max: number;
  readonly min?: number;
  readonly onChange: (ms: number) => void;
}

/** A time span in the middle of a sentence: a number and its unit. */
export function InlineDuration({ label, ms, min = 0, max, onChange }: InlineDurationProps) {
  const [unit, setUnit] = useState<string>(() => unitOf(ms));
  // The span was changed from elsewhere (another kind of condition): its own unit shows it best.
  const size = ms % (Number(unit) / 2) === 0 ? Number(unit) : Number(unitOf(ms));
  return (
    <span class="inline-pair">
      <InlineNumber
        label={label}
        value={ms / size}
        min={Math.ceil((min / size) * 1000) / 1000}
        max={max / size}
        // Steps would begin at the least value: 1 h would be none of them.
        step={size === 1000 ? 1 : 'any'}
        onChange={(value) => onChange(Math.round((value ?? 0) * size))}
      />
      <InlineChoice
        label={`${label}: unit`}
        value={String(size)}
        options={units}
        onChange={(next) => {
          setUnit(next);
          onChange(Math.min(max, Math.max(min, (ms / size) * Number(next))));
        }}
      />
    </span>
  );
}

function unitOf(ms: number): string {
  if (ms === 0) return '60000';
  return units.toReversed().find(([size]) => ms % Number(size) === 0)?.[0] ?? '1000';
}
