import { Command } from '../../components/command.tsx';
import { Dialog } from '../../components/dialog.tsx';

interface SecretOnceProps {
  readonly title: string;
  readonly secret: string;
  readonly note: string;
  readonly onClose: () => void;
}

/** A secret that the server does not keep: shown this once. */
export function SecretOnce({ title, secret, note, onClose }: SecretOnceProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="form">
        <p>Copy it now. It is not kept and cannot be shown again.</p>
        <Command text={secret} label="Copy the secret" />
        <p class="help">{note}</p>
        <div class="buttons">
          <button type="button" class="primary" onClick={onClose}>
            I have copied it
          </button>
        </div>
      </div>
    </Dialog>
  );
}
