import type { Layout } from '../deployment/flatten-bson.ts';
import type { MetricSchema } from '../model/sample.ts';
import { schemaHash } from '../wire/sample-frames.ts';

/** Schemas by what they are made of: a layout and names that are appended to it. Found again without hashing names. */
export class SchemaBook {
  readonly #byLayout = new WeakMap<Layout, Map<string, MetricSchema>>();
  readonly #byHash = new Map<string, WeakRef<MetricSchema>>();

  of(layout: Layout, appended: readonly string[], kind: string): MetricSchema {
    let kinds = this.#byLayout.get(layout);
    if (kinds === undefined) {
      kinds = new Map();
      this.#byLayout.set(layout, kinds);
    }
    const known = kinds.get(kind);
    if (known !== undefined) return known;
    const schema = this.#shared(appended.length === 0 ? layout.names : [...layout.names, ...appended]);
    kinds.set(kind, schema);
    return schema;
  }

  /** Two hosts with the same numbers share one schema. */
  #shared(names: readonly string[]): MetricSchema {
    const hash = schemaHash(names);
    const known = this.#byHash.get(hash)?.deref();
    if (known !== undefined) return known;
    const schema = { hash, names };
    this.#byHash.set(hash, new WeakRef(schema));
    if (this.#byHash.size > 2000) {
      for (const [key, reference] of this.#byHash) if (reference.deref() === undefined) this.#byHash.delete(key);
    }
    return schema;
  }
}
