import { Command } from '../../../components/command.tsx';
import { Shape } from '../../../components/status.tsx';

const command =
  'leafward backup export-recovery-kit recovery-kit.json --from-store DATA_DIR/backups --master-key-file MASTER_KEY_FILE';

/** The store is encrypted, and nobody has exported what is needed to read it should the server's machine be lost. */
export function RecoveryKitStep() {
  return (
    <section class="notice recovery-kit" aria-label="Export the recovery kit">
      <Shape health="warn" />
      <details>
        <summary>
          <b>No recovery kit was exported.</b> Without the server's master key nothing of these backups can be read.{' '}
          <span class="link">How to export it</span>
        </summary>
        <p>Run this on the server's machine, and keep the kit apart from the store:</p>
        <Command text={command} />
        <p class="help">
          DATA_DIR and MASTER_KEY_FILE: dataDir and masterKeyFile in the server's settings. With masterKeyCommand, use
          --master-key-command.
        </p>
      </details>
    </section>
  );
}
