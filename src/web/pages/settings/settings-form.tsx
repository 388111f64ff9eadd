import type { ComponentChildren } from 'preact';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { formValues } from '../../components/field.tsx';

interface SettingsFormProps {
  readonly title: string;
  readonly note?: string;
  readonly save: (values: Record<string, string>) => Promise<unknown>;
  readonly disabled: boolean;
  readonly children: ComponentChildren;
}

/** A card of settings that are saved together. */
export function SettingsForm({ title, note, save, disabled, children }: SettingsFormProps) {
  const action = useAction((form: HTMLFormElement) => save(formValues(form)));
  return (
    <form
      class="card"
      aria-label={title}
      onSubmit={(event) => {
        event.preventDefault();
        action.run(event.currentTarget);
      }}
    >
      <header>
        <h2>{title}</h2>
        {note !== undefined && <span class="sub">{note}</span>}
      </header>
      <fieldset class="body form" disabled={disabled}>
        {children}
        {action.error !== null && <ErrorBox error={action.error} />}
        {!disabled && (
          <div class="buttons">
            <button type="submit" class="primary" disabled={action.busy}>
              {action.busy ? 'Saving' : 'Save'}
            </button>
            <span class="sub" role="status">
              {action.done && 'Saved.'}
            </span>
          </div>
        )}
      </fieldset>
    </form>
  );
}
