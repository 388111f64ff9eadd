import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeFileAtomically } from '../runtime/atomic-file.ts';
import { type SettingsAnswer, settingsAnswer } from '../wire/agent-messages.ts';

const stored = z.object({ serverUrl: z.string(), groupId: z.string(), answer: settingsAnswer });

/**
 * What the server said last, in the state directory: an agent that starts while the server is away polls the hosts that it
 * polled before. Credentials inside are sealed to this agent's key. Samples carry the old lease's epoch, so if another
 * agent took over meanwhile they only fill gaps.
 */
export class LastSettings {
  readonly #path: string;
  readonly #serverUrl: string;
  readonly #groupId: string;
  #written = '';

  constructor(path: string, { serverUrl, groupId }: { readonly serverUrl: string; readonly groupId: string }) {
    this.#path = path;
    this.#serverUrl = serverUrl;
    this.#groupId = groupId;
  }

  /** Writes only what differs from the time before. Orders are not kept: each is for once. */
  async keep(answer: SettingsAnswer): Promise<void> {
    const text = JSON.stringify({
      serverUrl: this.#serverUrl,
      groupId: this.#groupId,
      answer: { ...answer, orders: [], leaseMs: 0 },
    });
    if (text === this.#written) return;
    await writeFileAtomically(this.#path, `${text}\n`, 0o600);
    this.#written = text;
  }

  /** Undefined when there is none, it cannot be read, or it is of another server or group. */
  async recall(): Promise<SettingsAnswer | undefined> {
    try {
      const found = stored.parse(JSON.parse(await readFile(this.#path, 'utf8')));
      return found.serverUrl === this.#serverUrl && found.groupId === this.#groupId ? found.answer : undefined;
    } catch {
      return undefined;
    }
  }
}
