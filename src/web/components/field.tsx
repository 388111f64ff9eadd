import type { ComponentChildren } from 'preact';
import { useContext, useId } from 'preact/hooks';
import { RefusedField } from './form.tsx';

interface FieldProps {
  readonly label: string;
  readonly name: string;
  readonly type?: 'text' | 'email' | 'password' | 'url' | 'number' | 'search' | 'date' | 'time' | 'datetime-local';
  readonly value?: string;
  readonly help?: ComponentChildren;
  readonly required?: boolean;
  readonly autocomplete?: 'username' | 'current-password' | 'new-password' | 'one-time-code' | 'name' | 'off' | 'url';
  readonly placeholder?: string;
  readonly minLength?: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | 'any';
  readonly autofocus?: boolean;
  /** Shown and not sent; the help says why. */
  readonly disabled?: boolean;
}

/** A labelled input with its help below; read by name when the form is sent, marked when the server refused it. */
export function Field(props: FieldProps) {
  const { label, name, type = 'text', value = '', help } = props;
  const id = useId();
  const refused = useContext(RefusedField) === name;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        // The JSX types tie `type` to other attributes; here it is one of several.
        type={type as 'text'}
        defaultValue={value}
        required={props.required ?? false}
        autocomplete={props.autocomplete ?? 'off'}
        placeholder={props.placeholder}
        minLength={props.minLength}
        min={props.min}
        max={props.max}
        step={props.step}
        autofocus={props.autofocus ?? false}
        disabled={props.disabled ?? false}
        spellcheck={false}
        aria-invalid={refused}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
      />
      {help !== undefined && <Help id={id}>{help}</Help>}
    </div>
  );
}

interface CheckProps {
  readonly name: string;
  readonly label: string;
  readonly checked: boolean;
  readonly help?: string;
}

export function Check({ name, label, checked, help }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" name={name} defaultChecked={checked} />
      <span>
        {label}
        {help !== undefined && <span class="help">{help}</span>}
      </span>
    </label>
  );
}

interface SelectProps {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly help?: string;
  readonly disabled?: boolean;
  readonly onChange?: (value: string) => void;
}

/** A labelled choice; like a Field it begins with its value and then keeps what a person chose. */
export function Select({ label, name, value, options, help, disabled = false, onChange }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        name={name}
        disabled={disabled}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
        onChange={(event) => onChange?.(event.currentTarget.value)}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key} selected={key === value}>
            {text}
          </option>
        ))}
      </select>
      {help !== undefined && <Help id={id}>{help}</Help>}
    </div>
  );
}

interface TextAreaProps {
  readonly label: string;
  readonly name: string;
  readonly value?: string;
  readonly rows?: number;
  readonly placeholder?: string;
  readonly help?: ComponentChildren;
}

/** A labelled text of several lines, read by name like a Field. */
export function TextArea({ label, name, value = '', rows = 3, placeholder, help }: TextAreaProps) {
  const id = useId();
  const refused = useContext(RefusedField) === name;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        name={name}
        rows={rows}
        placeholder={placeholder}
        defaultValue={value}
        spellcheck={false}
        aria-invalid={refused}
        aria-describedby={help === undefined ? undefined : `${id}-help`}
      />
      {help !== undefined && <Help id={id}>{help}</Help>}
    </div>
  );
}

function Help({ id, children }: { readonly id: string; readonly children: ComponentChildren }) {
  return (
    <p class="help" id={`${id}-help`}>
      {children}
    </p>
  );
}
