import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needTools } from '../platform-tools.ts';

/** A key that signs, in a key ring that nobody else sees. */
export interface Signer extends Disposable {
  /** Fingerprint, 40 hex digits. */
  readonly fingerprint: string;
  /** The public key, ASCII armoured. */
  readonly publicKey: string;
  /** Text with the signature around it, as InRelease has it. */
  clearSign(text: string): string;
  /** An armoured signature beside the file. */
  detachedSign(text: string | Uint8Array): string;
}

/**
 * Opens the private OpenPGP key of a file (armoured or not; a key that signs, without a passphrase or with the one in
 * `passphraseFile`). @throws Error when the file holds no private key
 */
export function openSigner(keyFile: string, passphraseFile?: string): Signer {
  needTools(['gpg']);
  // Short: the path of gpg-agent's socket has at most 107 characters.
  const home = mkdtempSync(join(tmpdir(), 'lw-gpg-'));
  const unlock =
    passphraseFile === undefined ? [] : ['--pinentry-mode', 'loopback', '--passphrase-file', passphraseFile];
  const gpg = (args: readonly string[], input?: string | Uint8Array): string =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--no-tty', ...unlock, ...args], {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(input !== undefined && { input }),
    });
  const close = (): void => {
    // The agent that gpg started for this key ring ends with it.
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  };
  try {
    gpg(['--import', keyFile]);
    const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg(['--with-colons', '--list-secret-keys']))?.[1];
    if (fingerprint === undefined) throw new Error(`${keyFile} holds no private OpenPGP key`);
    const sign = ['--local-user', fingerprint, '--digest-algo', 'SHA512', '--armor'];
    return {
      fingerprint,
      publicKey: gpg(['--armor', '--export', fingerprint]),
      clearSign: (text) => gpg([...sign, '--clearsign'], text),
      detachedSign: (text) => gpg([...sign, '--detach-sign'], text),
      [Symbol.dispose]: close,
    };
  } catch (thrown) {
    close();
    throw thrown;
  }
}
