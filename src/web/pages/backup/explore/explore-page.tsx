import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { Moment } from '../../../../wire/api/backup-reading.ts';
import type { BackupSet, BackupTimeline } from '../../../../wire/api/backups.ts';
import { Form } from '../../../components/form.tsx';
import { navigate } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { useClock } from '../../../zone.ts';
import { isRestorable, MomentPicker, momentOr } from '../moment-picker.tsx';
import { useNamespaces } from '../use-namespaces.ts';
import { WithTimeline } from '../with-timeline.tsx';
import { momentQuery, readMoment } from '../wizard/moment-query.ts';
import { History } from './history.tsx';
import { parseQuestion, type Question } from './question.ts';
import { Results } from './results.tsx';

interface ExplorePageProps {
  readonly set: BackupSet;
  readonly query: URLSearchParams;
}

/** Documents as they were, without a restore: the question on the left, the answer on the right, all of it in the address. */
export function ExplorePage({ set, query }: ExplorePageProps) {
  const { may } = useGroup();
  if (!may('data.read')) {
    return (
      <div class="card empty big">
        <h2>For the role data access</h2>
        <p>
          Who looks into a backup sees all the data. Owners and members with the role data access can do it, and the
          event log notes that it was done.
        </p>
      </div>
    );
  }
  return (
    <WithTimeline set={set} empty="There is nothing to look at yet">
      {(timeline, fresh) => <Explorer set={set} timeline={timeline} fresh={fresh} query={query} />}
    </WithTimeline>
  );
}

interface ExplorerProps extends ExplorePageProps {
  readonly timeline: BackupTimeline;
  /** False: what an earlier page knew. */
  readonly fresh: boolean;
}

function Explorer({ set, timeline, fresh, query }: ExplorerProps) {
  const { groupId } = useGroup();
  const now = useClock(10_000);
  const chosen = readMoment(query);
  const moment = momentOr(chosen, timeline, now);
  // Nothing is asked of the moment of an earlier page.
  const good = chosen !== null && isRestorable(moment, timeline);
  const namespaces = useNamespaces(groupId, set.replicaSetId, good ? moment : null);
  const question = parseQuestion(query);
  const history = query.get('history');
  const go = (change: (next: URLSearchParams) => void, replace: boolean) => {
    const next = new URLSearchParams(location.search);
    change(next);
    const text = next.toString().replaceAll('%3A', ':');
    navigate(`${location.pathname}${text === '' ? '' : `?${text}`}`, replace);
  };
  const setMoment = (next: Moment) =>
    go((target) => {
      target.delete('at');
      target.delete('snapshot');
      for (const [name, value] of new URLSearchParams(momentQuery(next))) target.set(name, value);
    }, true);
  const answers = useRef<HTMLDivElement>(null);
  const asked = `${question.namespace} ${question.text} ${history ?? ''}`;
  const before = useRef(asked);
  // On a phone the answer is below the question.
  useEffect(() => {
    if (before.current !== asked) answers.current?.scrollIntoView({ block: 'start' });
    before.current = asked;
  }, [asked]);
  // The newest moment moves: a link to this page shall not.
  useEffect(() => {
    if (chosen === null && fresh) setMoment(moment);
  }, [chosen === null, fresh]);
  return (
    <div class="explorer">
      <div class="stack">
        <section class="card" aria-label="Moment">
          <header>
            <h2>As of</h2>
          </header>
          <div class="body">
            <MomentPicker timeline={timeline} moment={moment} nowMs={now} onChange={setMoment} />
          </div>
        </section>
        <section class="card" aria-label="Question">
          <header>
            <h2>Documents of</h2>
          </header>
          <div class="body">
            <QuestionForm
              key={question.namespace}
              question={question}
              names={namespaces.rows?.filter(({ type }) => type !== 'view').map((row) => row.namespace) ?? []}
              onAsk={(values) =>
                go((next) => {
                  for (const [name, value] of Object.entries(values)) {
                    if (value === '') next.delete(name);
                    else next.set(name, value);
                  }
                  next.delete('history');
                }, false)
              }
            />
          </div>
        </section>
      </div>
      <div class="stack answers" ref={answers}>
        {question.namespace === '' || !good ? (
          <p class="card empty">
            Name a collection, and its documents stand here as they were at that moment. Each has its history.
          </p>
        ) : history === null ? (
          <Results
            set={set}
            moment={moment}
            question={question}
            onHistory={(id) => go((next) => next.set('history', JSON.stringify(id)), false)}
          />
        ) : (
          <History
            set={set}
            namespace={question.namespace}
            idText={history}
            onBack={() => go((next) => next.delete('history'), false)}
            onMoment={setMoment}
          />
        )}
      </div>
    </div>
  );
}

interface QuestionFormProps {
  readonly question: Question;
  readonly names: readonly string[];
  readonly onAsk: (values: Record<string, string>) => void;
}

function QuestionForm({ question, names, onAsk }: QuestionFormProps) {
  const id = useId();
  const [problem, setProblem] = useState('');
  return (
    <Form
      class="form"
      label="Find documents"
      save={async ({ ns = '', find = '', sort = '', limit = '' }) => {
        const values = { ns: ns.trim(), find: find.trim(), sort: sort.trim(), limit: limit === '20' ? '' : limit };
        const asked = parseQuestion(new URLSearchParams(values));
        setProblem(asked.problem ?? '');
        if (asked.problem === null) onAsk(values);
      }}
    >
      {() => (
        <>
          <div class="field">
            <label for={`${id}-ns`}>Collection</label>
            <input
              id={`${id}-ns`}
              name="ns"
              required
              pattern="[^.]+\..+"
              title="database.collection"
              placeholder="shop.orders"
              list={`${id}-names`}
              defaultValue={question.namespace}
              autocomplete="off"
              spellcheck={false}
            />
            <datalist id={`${id}-names`}>
              {names.map((name) => (
                <option key={name} value={name} />
              ))}
            </datalist>
          </div>
          <div class="field">
            <label for={`${id}-find`}>_id, or a filter</label>
            <textarea
              id={`${id}-find`}
              name="find"
              class="mono"
              rows={3}
              placeholder={'42\n{"status": "paid", "total": {"$gt": 100}}'}
              defaultValue={question.text}
              spellcheck={false}
              aria-describedby={`${id}-help`}
              aria-invalid={problem !== ''}
            />
            <p class="help" id={`${id}-help`}>
              Extended JSON. 24 hex digits are an ObjectId; empty finds all.
            </p>
          </div>
          <div class="pair">
            <div class="field">
              <label for={`${id}-sort`}>Sort</label>
              <input
                id={`${id}-sort`}
                name="sort"
                class="mono"
                placeholder='{"at": -1}'
                defaultValue={question.sortText}
                autocomplete="off"
                spellcheck={false}
              />
            </div>
            <div class="field">
              <label for={`${id}-limit`}>At most</label>
              <input
                id={`${id}-limit`}
                name="limit"
                type="number"
                min={1}
                max={1000}
                defaultValue={String(question.limit)}
              />
            </div>
          </div>
          {problem !== '' && (
            <p class="error-line" role="alert">
              {problem}
            </p>
          )}
          <div class="buttons">
            <button type="submit" class="primary">
              Find
            </button>
          </div>
        </>
      )}
    </Form>
  );
}
