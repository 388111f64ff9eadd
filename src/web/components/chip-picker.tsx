import { useId, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

interface ChipPickerProps {
  readonly label: string;
  readonly chosen: readonly string[];
  /** What can be chosen, with the words that a person sees. */
  readonly options: readonly (readonly [value: string, label: string])[];
  /** What is typed may be something new, too; it is changed by this, and nothing is added when it gives back null. */
  readonly free?: (text: string) => string | null;
  readonly placeholder?: string;
  readonly help?: string;
  readonly onChange: (chosen: readonly string[]) => void;
}

const most = 8;

/** Several of many: chips of what was chosen, and a field that finds more. Enter adds, Backspace takes the last away. */
export function ChipPicker(props: ChipPickerProps) {
  const { label, chosen, options, free, help, onChange } = props;
  const id = useId();
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const [open, setOpen] = useState(false);
  const found = open ? foundIn(options, chosen, text) : [];
  const index = Math.min(at, found.length - 1);
  const add = (...values: readonly string[]) => {
    onChange([...new Set([...chosen, ...values])]);
    setText('');
    setAt(0);
  };
  /** What was typed or pasted, several apart by commas; it stays in the field when one of them cannot be. */
  const addFree = () => {
    const typed = text.split(/[,\s]+/).filter(Boolean);
    const values = typed.map((one) => free?.(one) ?? null);
    if (values.length > 0 && values.every((value) => value !== null)) add(...values);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      if (open) setAt(Math.max(0, Math.min(found.length - 1, index + step)));
      setOpen(true);
    } else if (event.key === 'Enter' && (text !== '' || found.length > 0)) {
      event.preventDefault();
      const hit = found[index]?.[0];
      if (hit === undefined) addFree();
      else add(hit);
    } else if (event.key === ',' && free !== undefined) {
      event.preventDefault();
      addFree();
    } else if (event.key === 'Backspace' && text === '') onChange(chosen.slice(0, -1));
    else if (event.key === 'Escape' && open) {
      event.preventDefault();
      event.stopPropagation();
      setOpen(false);
    }
  };
  return (
    <div class="field chips-field">
      <label for={id}>{label}</label>
      <div class="chips-box">
        <Chips
          values={chosen}
          options={options}
          onRemove={(value) => onChange(chosen.filter((one) => one !== value))}
        />
        <input
          id={id}
          type="text"
          role="combobox"
          aria-expanded={found.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={found.length > 0 ? `${id}-${index}` : undefined}
          aria-describedby={help === undefined ? undefined : `${id}-help`}
          aria-invalid={free !== undefined && !open && text !== ''}
          placeholder={chosen.length === 0 ? props.placeholder : undefined}
          autocomplete="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setOpen(true);
            setAt(0);
          }}
          onClick={() => setOpen(true)}
          onKeyDown={onKeyDown}
          onBlur={() => {
            if (free !== undefined) addFree();
            setOpen(false);
          }}
        />
        <ul class="finds chips-list" id={`${id}-list`} role="listbox" aria-label={label} hidden={found.length === 0}>
          {found.map(([value, words], place) => (
            <li
              key={value}
              id={`${id}-${place}`}
              role="option"
              aria-selected={place === index}
              // Before the field loses the focus.
              onPointerDown={(event) => {
                event.preventDefault();
                add(value);
              }}
            >
              <span class="clip">{words}</span>
            </li>
          ))}
        </ul>
      </div>
      {help !== undefined && (
        <p class="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

interface ChipsProps {
  readonly values: readonly string[];
  readonly options: ChipPickerProps['options'];
  readonly onRemove: (value: string) => void;
}

function Chips({ values, options, onRemove }: ChipsProps) {
  return (
    <>
      {values.map((value) => {
        const words = options.find(([name]) => name === value)?.[1] ?? value;
        return (
          <span class="chip" key={value}>
            <span class="clip" title={words}>
              {words}
            </span>
            <button type="button" class="quiet icon" aria-label={`Remove ${words}`} onClick={() => onRemove(value)}>
              <Icon name="close" />
            </button>
          </span>
        );
      })}
    </>
  );
}

function foundIn(
  options: ChipPickerProps['options'],
  chosen: readonly string[],
  text: string,
): readonly (readonly [string, string])[] {
  const wanted = text.trim().toLowerCase();
  const found: (readonly [string, string])[] = [];
  for (const option of options) {
    if (chosen.includes(option[0]) || !option[1].toLowerCase().includes(wanted)) continue;
    found.push(option);
    if (found.length === most) break;
  }
  return found;
}

/** Words on something, to look at: `production`, `team:shop`. */
export function TagChips({ tags }: { readonly tags: readonly string[] }) {
  if (tags.length === 0) return null;
  return (
    <span class="tags">
      {tags.map((tag) => (
        <span class="chip" key={tag}>
          {tag}
        </span>
      ))}
    </span>
  );
}
