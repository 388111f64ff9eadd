import { useState } from 'preact/hooks';
import type { AlertTemplate } from '../../../../wire/api/alerts.ts';
import type { MetricInfo } from '../../../../wire/api/metrics.ts';
import { Dialog } from '../../../components/dialog.tsx';
import { fitsWords } from '../../../components/fits-words.ts';
import { Shape } from '../../../components/status.tsx';
import { groupPath } from '../../../router.ts';
import { useGroup } from '../../../session.ts';
import { conditionWords } from './rule-words.ts';

interface TemplateListProps {
  readonly templates: readonly AlertTemplate[];
  readonly catalog: readonly MetricInfo[];
  readonly onClose: () => void;
}

/** Rules to begin with, found by any of their words. */
export function TemplateList({ templates, catalog, onClose }: TemplateListProps) {
  const { groupId } = useGroup();
  const [text, setText] = useState('');
  const fits = fitsWords(text);
  const shown = templates
    .map(({ id, rule }) => ({ id, rule, when: conditionWords(rule, catalog) }))
    .filter(({ rule, when }) => fits(`${rule.name} ${when}`));
  return (
    <Dialog title="Begin with a template" onClose={onClose} wide>
      <input
        type="search"
        class="wide"
        aria-label="Find a template"
        placeholder="lag, disk, backup …"
        autofocus
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <ul class="templates">
        {shown.map(({ id, rule, when }) => (
          <li key={id}>
            <a
              href={`${groupPath(groupId, 'settings', 'alerts', 'new')}?template=${encodeURIComponent(id)}`}
              onClick={onClose}
            >
              <Shape health={rule.severity} />
              <b>{rule.name}</b>
              <span class="sub">{when}</span>
            </a>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p class="sub pad">No template has “{text}” in it.</p>}
    </Dialog>
  );
}
