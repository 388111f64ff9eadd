import { useState } from 'preact/hooks';
import { DialogForm } from './dialog-form.tsx';

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
  const save = async () => {
    await act();
    onClose();
  };
  return (
    <DialogForm title={title} verb={verb} danger ready={typed === name} save={save} onClose={onClose}>
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
    </DialogForm>
  );
}
