import { type ComponentChildren, createContext } from 'preact';
import { type Action, useAction } from './action.ts';

/** Name of the field that the server refused in the form around; its Field marks itself. */
export const RefusedField = createContext<string | null>(null);

interface FormProps {
  readonly class: string;
  readonly label?: string;
  readonly save: (values: Record<string, string>, form: HTMLFormElement) => Promise<unknown>;
  readonly children: (action: Action<[HTMLFormElement]>) => ComponentChildren;
}

/** Fields that are sent together as one change: their values as text by name. */
export function Form({ class: name, label, save, children }: FormProps) {
  const action = useAction((form: HTMLFormElement) => save(formValues(form), form));
  return (
    <form
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
