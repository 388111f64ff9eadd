import type { z } from 'zod';

/** Secrets of a section by name; never given back by the API. */
export type Secrets = Readonly<Record<string, string>>;
export interface Held<Value> {
  readonly value: Value;
  readonly secrets: Secrets;
}

/** One part of the settings of the instance: `GET` and `PATCH /instance/<name>`. One file each, and a line in sections.ts. */
export interface InstanceSection<Value, Shown extends z.ZodType, Change extends z.ZodType> {
  readonly name: string;
  /** What is stored; makes the values of a fresh instance of `{}`. */
  readonly value: z.ZodType<Value>;
  readonly shown: Shown;
  readonly change: Change;
  show(held: Held<Value>): z.output<Shown>;
  /** A field that is left out stays. @throws INPUT_INVALID */
  apply(held: Held<Value>, change: z.output<Change>): Held<Value>;
}
