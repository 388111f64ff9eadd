import { useMemo, useState } from 'preact/hooks';
import type { AlertRule, AlertTemplate, NewAlertRule } from '../../../../wire/api/alerts.ts';
import type { Host } from '../../../../wire/api/deployment.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import type { Notifier } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Form } from '../../../components/form.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { WhyNot } from '../../../components/why-not.tsx';
import { capital } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { groupPath, navigate } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { setNames } from '../target-choices.ts';
import { conditionKinds } from './condition-kinds.ts';
import { ConditionSentence } from './condition-sentence.tsx';
import { InlineDuration } from './inline-fields.tsx';
import { PreviewCard } from './preview-card.tsx';
import { draftOf, emptyRule, missing, ruleBody } from './rule-draft.ts';
import { conditionWords, targetWords } from './rule-words.ts';
import { StepFields } from './step-fields.tsx';
import { TargetFields } from './target-fields.tsx';

interface RuleEditorProps {
  /** `new`, or the id of a rule. */
  readonly ruleId: string;
  /** Of a new one: `copy` of a rule, or `template` to begin with. */
  readonly query: URLSearchParams;
}

/** One rule on a page of its own, so that it has an address and room for its last week. */
export function RuleEditor({ ruleId, query }: RuleEditorProps) {
  const { groupId } = useGroup();
  const rules = useResource<AlertRule[]>(`/groups/${groupId}/alert-rules`);
  const templates = useResource<AlertTemplate[]>(`/groups/${groupId}/alert-templates`);
  const wanted = query.get('copy');
  const template = query.get('template');
  if (ruleId !== 'new')
    return (
      <Loaded from={rules} height={420}>
        {(list) => {
          const rule = list.find(({ id }) => id === ruleId);
          if (rule === undefined) return <p class="card empty">There is no such rule (any more).</p>;
          return <EditedRule key={rule.id} rule={rule} start={draftOf(rule)} />;
        }}
      </Loaded>
    );
  if (template !== null)
    return (
      <Loaded from={templates} height={420}>
        {(list) => (
          <EditedRule key={template} rule={null} start={list.find(({ id }) => id === template)?.rule ?? emptyRule()} />
        )}
      </Loaded>
    );
  if (wanted === null) return <EditedRule rule={null} start={emptyRule()} />;
  return (
    <Loaded from={rules} height={420}>
      {(list) => {
        const from = list.find(({ id }) => id === wanted);
        const start = from === undefined ? emptyRule() : { ...draftOf(from), name: `${from.name} (copy)` };
        return <EditedRule key={wanted} rule={null} start={start} />;
      }}
    </Loaded>
  );
}

const noHosts: readonly Host[] = [];
const noMetrics: readonly MetricInfo[] = [];
const noNotifiers: readonly Notifier[] = [];

interface EditedRuleProps {
  readonly rule: AlertRule | null;
  readonly start: NewAlertRule;
}

function EditedRule({ rule, start }: EditedRuleProps) {
  const { groupId, may } = useGroup();
  const [draft, setDraft] = useState(start);
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`).data ?? noHosts;
  const catalog = useResource<MetricInfo[]>('/catalog').data ?? noMetrics;
  const notifiers = useResource<Notifier[]>(may('monitoring.write') ? `/groups/${groupId}/notifiers` : null);
  const { about } = conditionKinds[draft.condition.kind];
  const back = groupPath(groupId, 'settings', 'alerts');
  const lacks = missing(draft);
  const words = useRuleWords(draft, catalog, hosts);
  const save = async () => {
    const path = `/groups/${groupId}/alert-rules`;
    const body = { ...ruleBody(draft), name: draft.name.trim() || words.slice(0, 200) };
    await (rule === null ? send('POST', path, body) : send('PATCH', `${path}/${encodeURIComponent(rule.id)}`, body));
    navigate(back);
  };
  return (
    <div class="stack rule-editor">
      <WhyNot permission="monitoring.write" what="change rules" />
      <Form class="card" label={rule === null ? 'New rule' : `Rule ${rule.name}`} save={save}>
        {({ busy, error }) => (
          <fieldset class="body form" disabled={!may('monitoring.write')}>
            <h2>{rule === null ? 'New rule' : rule.name}</h2>
            <ConditionSentence draft={draft} catalog={catalog} onChange={setDraft}>
              {about === 'host' || about === 'set' || about === 'cluster' ? (
                <span>
                  on <b>{targetWords(draft.target, about, setNameOf(hosts))}</b>, it is
                </span>
              ) : (
                <span>, it is</span>
              )}
              <Severity severity={draft.severity} onChange={(severity) => setDraft({ ...draft, severity })} />
            </ConditionSentence>
            <MetricHelp draft={draft} catalog={catalog} />
            {(about === 'host' || about === 'set' || about === 'cluster') && (
              <TargetFields
                target={draft.target}
                about={about}
                hosts={hosts}
                onChange={(target) => setDraft({ ...draft, target })}
              />
            )}
            <StepFields draft={draft} notifiers={notifiers.data ?? noNotifiers} onChange={setDraft} />
            <div class="pair">
              <label class="field">
                <span>Name</span>
                <input
                  name="name"
                  value={draft.name}
                  placeholder={words.slice(0, 200)}
                  maxLength={200}
                  autocomplete="off"
                  aria-invalid={error?.field === 'name'}
                  onInput={({ currentTarget }) => setDraft({ ...draft, name: currentTarget.value })}
                />
              </label>
              <div class="sentence last">
                <span>It closes when the condition has been gone for</span>
                <InlineDuration
                  label="Closes after"
                  ms={draft.closeAfterMs}
                  max={86_400_000}
                  onChange={(closeAfterMs) => setDraft({ ...draft, closeAfterMs })}
                />
              </div>
            </div>
            {error !== null && <ErrorBox error={error} />}
            <div class="buttons">
              <button type="submit" class="primary" disabled={busy || lacks !== null}>
                {busy ? 'Saving' : rule === null ? 'Add the rule' : 'Save'}
              </button>
              <a class="button" href={back}>
                Cancel
              </a>
              <span class="sub" role="status">
                {lacks ?? ''}
              </span>
            </div>
          </fieldset>
        )}
      </Form>
      {may('monitoring.write') && <PreviewCard draft={draft} />}
    </div>
  );
}

function setNameOf(hosts: readonly Host[]): (id: string) => string {
  return (id) => setNames(hosts).find(([value]) => value === id)?.[1] ?? id;
}

/** What the rule is called when nobody gives it a name. */
function useRuleWords(draft: NewAlertRule, catalog: readonly MetricInfo[], hosts: readonly Host[]): string {
  return useMemo(() => {
    const { about } = conditionKinds[draft.condition.kind];
    const where = targetWords(draft.target, about, setNameOf(hosts));
    return `${conditionWords({ ...draft, forMs: 0 }, catalog)}${where === '' || where.startsWith('every') ? '' : `, ${where}`}`;
  }, [draft, catalog, hosts]);
}

interface SeverityProps {
  readonly severity: NewAlertRule['severity'];
  readonly onChange: (severity: NewAlertRule['severity']) => void;
}

function Severity({ severity, onChange }: SeverityProps) {
  return (
    <span class="seg" role="group" aria-label="Severity">
      {(['warn', 'bad'] as const).map((name) => (
        <button key={name} type="button" aria-pressed={severity === name} onClick={() => onChange(name)}>
          {name === 'bad' ? 'severe' : 'a warning'}
        </button>
      ))}
    </span>
  );
}

/** What the chosen metric is, in the catalog's words. */
function MetricHelp({ draft, catalog }: { readonly draft: NewAlertRule; readonly catalog: readonly MetricInfo[] }) {
  const { condition } = draft;
  if (condition.kind !== 'metric' && condition.kind !== 'anomaly') return null;
  const info = catalog.find(({ name }) => name === condition.metric);
  return (
    <p class="help">
      {info === undefined
        ? 'A title or a name of the catalog, or any raw name as the charts show it.'
        : `${capital(info.title)}: ${info.explanation}`}
    </p>
  );
}
