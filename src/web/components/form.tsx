import { type ComponentChildren, createContext } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type Action, useAction } from './action.ts';

/** Name of the field that the server refused in the form around; its Field marks itself. */
export const RefusedField = createContext<string | null>(null);

interface FormProps {
  readonly class: string;
  readonly label?: string;
  /** It took the place of what had the focus: its first field has it now. */
  readonly takesFocus?: boolean;
  readonly save: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>;
  readonly children: (action: Action<[HTMLFormElement]>) => ComponentChildren;
}

/** Fields that are sent together as one change: their values as text by name. */
export function Form({ class: name, label, takesFocus = false, save, children }: FormProps) {
  const element = useRef<HTMLFormElement>(null);
  // Before the next key arrives: a code is typed at once.
  useLayoutEffect(() => {
    if (takesFocus) element.current?.querySelector<HTMLElement>('input:not([type=hidden]), select')?.focus();
  }, []);
  const action = useAction((form: HTMLFormElement) => save(formValues(form), form));
  return (
    <form
      ref={element}
      class={name}
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        action.run(event.currentTarget);
      }}
    >
      <RefusedField.Provider value={action.error?.field ?? null}>{children(action)}</RefusedField.Provider>
    </form>
  );
}

function formValues(form: HTMLFormElement): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') values[name] = value;
  return values;
}
