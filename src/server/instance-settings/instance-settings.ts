import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import type { CredentialBox } from '../access/credential-box.ts';
import type { Held, InstanceSection } from './instance-section.ts';
import type { InstanceSettingsStore } from './ports.ts';

const secretsSchema = z.record(z.string(), z.string());

/** The settings of the instance by section: kept in memory once read, changed one after the other. */
export class InstanceSettings {
  readonly #store: InstanceSettingsStore;
  readonly #box: CredentialBox;
  readonly #held = new Map<string, Held<unknown>>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(store: InstanceSettingsStore, box: CredentialBox) {
    this.#store = store;
    this.#box = box;
  }

  /** @throws STORE_CORRUPT when it is stored in a form that this version or this key cannot read */
  async read<V, S extends z.ZodType, C extends z.ZodType>(section: InstanceSection<V, S, C>): Promise<Held<V>> {
    const known = this.#held.get(section.name) ?? (await this.#load(section));
    this.#held.set(section.name, known);
    return { value: parsed(section, known.value), secrets: known.secrets };
  }

  /** Gives back what holds now. @throws INPUT_INVALID */
  async change<V, S extends z.ZodType, C extends z.ZodType>(
    section: InstanceSection<V, S, C>,
    change: z.output<C>,
  ): Promise<Held<V>> {
    const mine = this.#tail.then(async () => {
      const after = section.apply(await this.read(section), change);
      await this.#store.saveSection(section.name, {
        value: JSON.stringify(after.value),
        sealedSecrets: this.#box.encrypt(JSON.stringify(after.secrets), bound(section.name)),
      });
      this.#held.set(section.name, after);
      return after;
    });
    this.#tail = mine.catch(() => {});
    return mine;
  }

  async #load<V, S extends z.ZodType, C extends z.ZodType>(section: InstanceSection<V, S, C>): Promise<Held<V>> {
    const stored = await this.#store.section(section.name);
    if (stored === undefined) return { value: parsed(section, {}), secrets: {} };
    const secrets = this.#box.decrypt(stored.sealedSecrets, bound(section.name));
    return { value: parsed(section, JSON.parse(stored.value)), secrets: secretsSchema.parse(JSON.parse(secrets)) };
  }
}

const bound = (name: string) => `instance/${name}`;

function parsed<V, S extends z.ZodType, C extends z.ZodType>(section: InstanceSection<V, S, C>, stored: unknown): V {
  const result = section.value.safeParse(stored);
  if (result.success) return result.data;
  throw new AppError('STORE_CORRUPT', `the instance's settings of ${section.name} are not readable by this version`, {
    cause: result.error,
  });
}
