import { useEffect, useMemo, useState } from 'preact/hooks';
import type { AlertTarget, AlertTargetAnswer } from '../../../../wire/api/alerts.ts';
import type { Host } from '../../../../wire/api/deployment.ts';
import { send, toApiError } from '../../../api.ts';
import { ChipPicker } from '../../../components/chip-picker.tsx';
import { counted, whole } from '../../../format.ts';
import { useGroup } from '../../../session.ts';
import { clusterNames, setNames, tagNames, tagOf } from '../target-choices.ts';
import { hostTypeWords } from './rule-words.ts';

interface TargetFieldsProps {
  readonly target: AlertTarget;
  readonly about: 'host' | 'set' | 'cluster';
  readonly hosts: readonly Host[];
  readonly onChange: (target: AlertTarget) => void;
}

const types = Object.entries(hostTypeWords).map(([type, words]) => [type, words] as const);
type HostType = AlertTarget['hostTypes'][number];

/** Where a rule applies: four ways to narrow it, and how many it fits as one types. */
export function TargetFields({ target, about, hosts, onChange }: TargetFieldsProps) {
  const sets = useMemo(() => setNames(hosts), [hosts]);
  const clusters = useMemo(() => clusterNames(hosts), [hosts]);
  const tags = useMemo(() => tagNames(hosts), [hosts]);
  return (
    <fieldset class="target">
      <legend>Where</legend>
      <div class="quad">
        <label class="field">
          <span>Host names</span>
          <input
            value={target.hostPattern}
            placeholder="checkout-*, *.eu.example.net"
            autocomplete="off"
            spellcheck={false}
            maxLength={400}
            onInput={({ currentTarget }) => onChange({ ...target, hostPattern: currentTarget.value.trim() })}
          />
        </label>
        <ChipPicker
          label="Roles"
          placeholder="all roles"
          chosen={target.hostTypes}
          options={types}
          onChange={(chosen) =>
            onChange({ ...target, hostTypes: chosen.filter((one): one is HostType => one in hostTypeWords) })
          }
        />
        <ChipPicker
          label="Replica sets"
          placeholder="all sets"
          chosen={target.sets}
          options={sets}
          onChange={(chosen) => onChange({ ...target, sets: [...chosen] })}
        />
        {clusters.length > 0 && (
          <ChipPicker
            label="Clusters"
            placeholder="all clusters"
            chosen={target.clusters}
            options={clusters}
            onChange={(chosen) => onChange({ ...target, clusters: [...chosen] })}
          />
        )}
        <ChipPicker
          label="Tags"
          placeholder="any tags"
          chosen={target.tags}
          options={tags}
          free={tagOf}
          onChange={(chosen) => onChange({ ...target, tags: [...chosen] })}
        />
      </div>
      <Fits target={target} about={about} />
    </fieldset>
  );
}

const pauseMs = 250;

/** `It fits 4 of 20 hosts: checkout-1, checkout-2 …`; asked of the server, which decides it for the alerts too. */
function Fits({ target, about }: Pick<TargetFieldsProps, 'target' | 'about'>) {
  const { groupId } = useGroup();
  const [answer, setAnswer] = useState<AlertTargetAnswer | null>(null);
  const [problem, setProblem] = useState('');
  const key = JSON.stringify(target);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      send<AlertTargetAnswer>('POST', `/groups/${groupId}/alert-rules/target`, { target }, abort.signal).then(
        (found) => {
          setAnswer(found);
          setProblem('');
        },
        (thrown: unknown) => abort.signal.aborted || setProblem(toApiError(thrown).message),
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [groupId, key]);
  if (problem !== '') return <p class="fits sub">{problem}</p>;
  if (answer === null) return <p class="fits sub">Counting what it fits</p>;
  const { hosts, hostCount, setCount, clusterCount, allHosts } = answer;
  const count = { host: hostCount, set: setCount, cluster: clusterCount }[about];
  const thing = { host: 'host', set: 'replica set', cluster: 'cluster' }[about];
  const names = hosts.map(({ host }) => host);
  return (
    <p class="fits" role="status">
      It fits <b>{about === 'host' ? `${whole(hostCount)} of ${counted(allHosts, 'host')}` : counted(count, thing)}</b>
      {about !== 'host' && `, with ${counted(hostCount, 'host')}`}
      {names.length > 0 && hostCount < allHosts && (
        <span class="sub" title={names.join('\n')}>
          : {names.slice(0, 4).join(', ')}
          {hostCount > 4 && ` and ${whole(hostCount - 4)} more`}
        </span>
      )}
      {count === 0 && <span class="sub"> now: it would never open an alert until something fits.</span>}
    </p>
  );
}
