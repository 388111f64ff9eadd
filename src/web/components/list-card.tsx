import { type ComponentChildren, Fragment } from 'preact';
import { useState } from 'preact/hooks';
import type { Resource } from '../resource.ts';
import { ColumnHeads } from './column-heads.tsx';
import { ConfirmDialog } from './confirm-dialog.tsx';
import { Loaded } from './loaded.tsx';

interface ListCardProps<T> {
  readonly title: string;
  readonly note: string;
  readonly from: Resource<T[]>;
  readonly order?: (a: T, b: T) => number;
  /** Height kept while nothing is there yet, px. */
  readonly height?: number;
  readonly empty: string;
  /** Heads of the columns; one of actions comes last. */
  readonly columns: readonly string[];
  /** What taking one away means, and how it is done; asked for by the row. */
  readonly removal?: {
    readonly title: string;
    readonly text: string;
    readonly verb: string;
    readonly name: (item: T) => string;
    readonly act: (item: T) => Promise<unknown>;
  };
  readonly action?: ComponentChildren;
  readonly below?: ComponentChildren;
  /** The row of one. */
  readonly children: (item: T, askRemoval: () => void) => ComponentChildren;
}

/** A card with the table of what a resource lists; what is taken away is confirmed by its name. */
export function ListCard<T extends { readonly id: string }>(props: ListCardProps<T>) {
  const { title, from, order, height = 120, removal } = props;
  const [removing, setRemoving] = useState<T | null>(null);
  return (
    <section class="card" aria-label={title}>
      <header>
        <h2>{title}</h2>
        <span class="sub">{props.note}</span>
        {props.action}
      </header>
      <Loaded from={from} height={height}>
        {(list) =>
          list.length === 0 ? (
            <p class="empty">{props.empty}</p>
          ) : (
            <table class="listed">
              <caption class="sr">{title}</caption>
              <ColumnHeads columns={props.columns} />
              <tbody>
                {(order === undefined ? list : list.toSorted(order)).map((item) => (
                  <Fragment key={item.id}>{props.children(item, () => setRemoving(item))}</Fragment>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
      {props.below}
      {removal !== undefined && removing !== null && (
        <ConfirmDialog
          {...removal}
          name={removal.name(removing)}
          act={async () => {
            await removal.act(removing);
            from.reload();
          }}
          onClose={() => setRemoving(null)}
        />
      )}
    </section>
  );
}
