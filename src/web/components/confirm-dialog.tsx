import { useState } from 'preact/hooks';
import { useAction } from './action.ts';
import { Dialog } from './dialog.tsx';
import { ErrorBox } from './error-box.tsx';

interface ConfirmProps {
  readonly title: string;
  /** What will happen, and what will not come back. */
  readonly text: string;
  /** Typed to confirm: the name of what it hits. */
  readonly name: string;
  readonly verb: string;
  readonly act: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** A dangerous act is confirmed by typing the name of what it hits. */
export function ConfirmDialog({ title, text, name, verb, act, onClose }: ConfirmProps) {
  const [typed, setTyped] = useState('');
  const action = useAction(async () => {
    await act();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === name) action.run();
        }}
      >
        <p>{text}</p>
        <label class="field">
          <span>
            Type <b>{name}</b> to confirm
          </span>
          <input
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            autocomplete="off"
            spellcheck={false}
          />
        </label>
        {action.error !== null && <ErrorBox error={action.error} />}
        <div class="buttons">
          <button type="submit" class="danger" disabled={typed !== name || action.busy}>
            {verb}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
