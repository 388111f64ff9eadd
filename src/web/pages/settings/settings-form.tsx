import type { ComponentChildren } from 'preact';
import { ErrorBox } from '../../components/error-box.tsx';
import { Form } from '../../components/form.tsx';

interface SettingsFormProps {
  readonly title: string;
  readonly note?: string;
  readonly save: (values: Record<string, string>) => Promise<unknown>;
  readonly disabled: boolean;
  readonly children: ComponentChildren;
}

/** A card of settings that are saved together. */
export function SettingsForm({ title, note, save, disabled, children }: SettingsFormProps) {
  return (
    <Form class="card" label={title} save={save}>
      {({ busy, done, error }) => (
        <>
          <header>
            <h2>{title}</h2>
            {note !== undefined && <span class="sub">{note}</span>}
          </header>
          <fieldset class="body form" disabled={disabled}>
            {children}
            {error !== null && <ErrorBox error={error} />}
            {!disabled && (
              <div class="buttons">
                <button type="submit" class="primary" disabled={busy}>
                  {busy ? 'Saving' : 'Save'}
                </button>
                <span class="sub" role="status">
                  {done && 'Saved.'}
                </span>
              </div>
            )}
          </fieldset>
        </>
      )}
    </Form>
  );
}
