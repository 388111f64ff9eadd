import type { ComponentChildren } from 'preact';
import { Dialog } from './dialog.tsx';
import { ErrorBox } from './error-box.tsx';
import { Form } from './form.tsx';

interface DialogFormProps {
  readonly title: string;
  /** What the button says, and what it says meanwhile. */
  readonly verb: string;
  readonly busyVerb?: string;
  readonly danger?: boolean;
  readonly ready?: boolean;
  /** Sends the change; closes the dialog by itself when there is nothing more to see in it. */
  readonly save: (values: Record<string, string>) => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A dialog that changes one thing: its fields, what went wrong below them, the verb and Cancel. */
export function DialogForm(props: DialogFormProps) {
  const { title, verb, busyVerb = verb, danger = false, ready = true, save, onClose, children } = props;
  return (
    <Dialog title={title} onClose={onClose}>
      <Form class="form" save={async (values) => ready && save(values)}>
        {({ busy, error }) => (
          <>
            {children}
            {error !== null && <ErrorBox error={error} />}
            <div class="buttons">
              <button type="submit" class={danger ? 'danger' : 'primary'} disabled={busy || !ready}>
                {busy ? busyVerb : verb}
              </button>
              <button type="button" onClick={onClose}>
                Cancel
              </button>
            </div>
          </>
        )}
      </Form>
    </Dialog>
  );
}
