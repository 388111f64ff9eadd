import { Command } from '../../../components/command.tsx';
import { Shape } from '../../../components/status.tsx';

const command =
  'leafward backup export-recovery-kit recovery-kit.json --from-store DATA_DIR/backups --master-key-file MASTER_KEY_FILE';

/** The store is encrypted, and nobody has exported what is needed to read it should the server's machine be lost. */
export function RecoveryKitStep() {
  return (
    <section class="card" aria-label="Export the recovery kit">
      <header>
        <Shape health="warn" />
        <h2>No recovery kit was exported for the master key of these backups</h2>
      </header>
      <div class="body form">
        <p>
          If the server's machine is lost with its master key, nothing of the encrypted store can be read. Export the
          kit on that machine, and keep it apart from the store:
        </p>
        <Command text={command} />
        <p class="help">
          DATA_DIR and MASTER_KEY_FILE: dataDir and masterKeyFile in the server's settings. With masterKeyCommand, use
          --master-key-command.
        </p>
      </div>
    </section>
  );
}
