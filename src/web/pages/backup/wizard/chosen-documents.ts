import { filterOf } from '../explore/question.ts';

export interface ChosenDocuments {
  /** The one collection that documents can be chosen from; null: none, or several are named. */
  readonly namespace: string | null;
  readonly text: string;
  /** Null: all documents. */
  readonly filter: Readonly<Record<string, unknown>> | null;
  readonly problem: string | null;
}

/** What `find` of an address says about the collections that it names. */
export function chosenDocuments(query: URLSearchParams, namespaces: readonly string[]): ChosenDocuments {
  const [namespace = null, ...more] = namespaces;
  if (namespace === null || more.length > 0 || namespace.includes('*')) {
    return { namespace: null, text: '', filter: null, problem: null };
  }
  const text = (query.get('find') ?? '').trim();
  const filter = text === '' ? null : filterOf(text);
  const problem =
    text !== '' && filter === null
      ? 'This is no filter: names stand in double quotes, as in {"status": "paid"}.'
      : null;
  return { namespace, text, filter, problem };
}
