import { useState } from 'preact/hooks';
import type { AlertRule, AlertTemplate } from '../../../../wire/api/alerts.ts';
import type { Host } from '../../../../wire/api/deployment.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import type { Notifier } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { Icon } from '../../../components/icon.tsx';
import { ListCard } from '../../../components/list-card.tsx';
import { WhyNot } from '../../../components/why-not.tsx';
import { useResource } from '../../../resource.ts';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { RuleRow } from './rule-row.tsx';
import { TemplateList } from './template-list.tsx';

const columns = ['Rule', 'When', 'Who is told', 'State'];
const noHosts: readonly Host[] = [];
const noMetrics: readonly MetricInfo[] = [];
const noTemplates: readonly AlertTemplate[] = [];

/** When alerts open: the rules of the group, and what a new one can begin with. */
export function RuleSettings() {
  const { groupId, may } = useGroup();
  const path = `/groups/${groupId}/alert-rules`;
  const rules = useResource<AlertRule[]>(path, ['alerts']);
  const templates = useResource<AlertTemplate[]>(`/groups/${groupId}/alert-templates`).data ?? noTemplates;
  const notifiers = useResource<Notifier[]>(may('monitoring.write') ? `/groups/${groupId}/notifiers` : null).data;
  const catalog = useResource<MetricInfo[]>('/catalog').data ?? noMetrics;
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`).data ?? noHosts;
  const [choosing, setChoosing] = useState(false);
  return (
    <div class="stack">
      <WhyNot permission="monitoring.write" what="change rules" />
      <ListCard
        title="Rules"
        note="an alert opens when one holds, and closes when it no longer does"
        from={rules}
        height={260}
        empty="There is no rule: nothing opens an alert."
        columns={columns}
        removal={{
          title: 'Remove the rule',
          text: 'Alerts that it opened are closed.',
          verb: 'Remove the rule',
          name: ({ name }) => name,
          act: ({ id }) => send('DELETE', `${path}/${encodeURIComponent(id)}`),
        }}
        action={
          may('monitoring.write') && (
            <span class="end">
              <button type="button" onClick={() => setChoosing(true)}>
                From a template
              </button>
              <a class="button" href={groupPath(groupId, 'settings', 'alerts', 'new')}>
                <Icon name="plus" />
                Add rule
              </a>
            </span>
          )
        }
      >
        {(rule, askRemoval) => (
          <RuleRow
            rule={rule}
            template={templates.find(({ id }) => id === rule.id)}
            catalog={catalog}
            hosts={hosts}
            notifiers={notifiers}
            onChanged={rules.reload}
            onRemove={askRemoval}
          />
        )}
      </ListCard>
      {choosing && <TemplateList templates={templates} catalog={catalog} onClose={() => setChoosing(false)} />}
    </div>
  );
}
