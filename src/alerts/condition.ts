import type { AlertCondition, AlertSubject, ConditionKind, GroupSnapshot, Needs } from './ports.ts';

/**
 * Whether a condition holds for a subject. `unknown` neither opens nor closes anything. `between`: not past the threshold, and not
 * past the clear-value either: it opens nothing, and keeps open what is.
 */
export type Truth = 'holds' | 'between' | 'gone' | 'unknown';

/** What a condition says about one subject. Every subject that it watches is named each time; one that is missing is gone for good. */
export interface Finding {
  readonly subject: AlertSubject;
  readonly truth: Truth;
  readonly value: number | null;
  readonly threshold: number | null;
  /** Asked for only when it is news: of a thousand healthy hosts nobody needs a sentence. */
  readonly words: () => Words;
}

export interface Words {
  /** Plain words with the value: "checkout-3 is 4 min 12 s behind its primary". */
  readonly title: string;
  /** Since when, and the next step. */
  readonly detail: string;
}

/** One kind of condition: a file in `conditions/` and a line in `conditions/registry.ts`. Pure: the snapshot is all it knows. */
export interface ConditionType<K extends ConditionKind> {
  readonly kind: K;
  /** What it reads of the snapshot beside hosts, sets, clusters, agents and backups. */
  readonly needs?: (condition: Extract<AlertCondition, { kind: K }>) => Partial<Needs>;
  readonly find: (condition: Extract<AlertCondition, { kind: K }>, snapshot: GroupSnapshot) => readonly Finding[];
}

/** An agent that was silent for this long is not counted on. */
export const agentSilentMs = 60_000;
