import type { Group } from '../../../wire/api/groups.ts';
import type { StorageUse } from '../../../wire/api/metrics.ts';
import { send } from '../../api.ts';
import { Field } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Pill } from '../../components/status.tsx';
import { WhyNot } from '../../components/why-not.tsx';
import { ago, shortDuration, size } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { SettingsForm } from './settings-form.tsx';

const dayMs = 86_400_000;
const levelWords = { raw: 'Every sample', minute: '1 minute', hour: '1 hour', day: '1 day' } as const;

/** What the samples take, what they will take, and how long they are kept. */
export function StorageSettings() {
  const { groupId, may } = useGroup();
  const use = useResource<StorageUse>(`/groups/${groupId}/storage`);
  const group = useResource<Group>(`/groups/${groupId}`);
  return (
    <>
      <WhyNot permission="group.own" what="change the retention" />
      <div class="grid2">
        <Loaded from={use} height={300}>
          {(data) => <Use use={data} />}
        </Loaded>
        <Loaded from={group} height={400}>
          {({ retention, diskBudgetBytes }) => (
            <SettingsForm
              title="Retention"
              note="what is older is removed"
              disabled={!may('group.own')}
              save={async (values) => {
                const days = (name: string) => Math.round(Number(values[name]) * dayMs);
                await send('PATCH', `/groups/${groupId}`, {
                  retention: { rawMs: days('raw'), minuteMs: days('minute'), hourMs: days('hour'), dayMs: days('day') },
                  diskBudgetBytes: Math.round(Number(values['budget']) * 2 ** 30),
                });
                group.reload();
                use.reload();
              }}
            >
              <div class="pair">
                <Days label="Every sample" name="raw" min={0.05} ms={retention.rawMs} />
                <Days label="1 minute" name="minute" min={0.05} ms={retention.minuteMs} />
              </div>
              <div class="pair">
                <Days label="1 hour" name="hour" min={1} ms={retention.hourMs} />
                <Days label="1 day" name="day" min={1} ms={retention.dayMs} />
              </div>
              <Field
                label="Disk budget, GiB"
                name="budget"
                type="number"
                min={0.01}
                step="any"
                value={String(Number((diskBudgetBytes / 2 ** 30).toPrecision(4)))}
                required
                help="At the budget the oldest samples go first, whatever their level."
              />
            </SettingsForm>
          )}
        </Loaded>
      </div>
    </>
  );
}

function Use({ use }: { readonly use: StorageUse }) {
  const share = use.budgetBytes > 0 ? use.bytes / use.budgetBytes : 0;
  const over = use.forecastBytes !== null && use.forecastBytes > use.budgetBytes;
  return (
    <section class="card" aria-label="Use">
      <header>
        <h2>Use</h2>
        <span class="sub">
          {size(use.bytes)} of {size(use.budgetBytes)}
        </span>
        <span class="end">
          {over ? <Pill health="warn" word="Will pass the budget" /> : <Pill health="ok" word="Within the budget" />}
        </span>
      </header>
      <div class="body form">
        <div class="bar" role="img" aria-label={`${Math.round(share * 100)}% of the budget is used`}>
          <i style={{ '--v': Math.min(1, share) }} />
        </div>
        <table class="levels">
          <thead>
            <tr>
              <th scope="col">Resolution</th>
              <th scope="col" class="num">
                Size
              </th>
              <th scope="col">Reaches back</th>
              <th scope="col">Kept</th>
            </tr>
          </thead>
          <tbody>
            {use.levels.map(({ level, bytes, oldestMs, keepMs }) => (
              <tr key={level}>
                <td>
                  <b>{levelWords[level]}</b>
                </td>
                <td class="num" data-label="Size">
                  {size(bytes)}
                </td>
                <td data-label="Reaches back">
                  {oldestMs === null ? 'no samples yet' : ago(oldestMs).replace(' ago', '')}
                </td>
                <td data-label="Kept">{shortDuration(keepMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <p class="help">
          {use.forecastBytes === null
            ? 'A forecast appears after the first hour of samples.'
            : `When every level is full: ${size(use.forecastBytes)}, at today's hosts and metrics.`}
          {over && ' Raise the budget or shorten the retention; else the oldest samples go sooner than set.'}
        </p>
      </div>
    </section>
  );
}

interface DaysProps {
  readonly label: string;
  readonly name: string;
  readonly min: number;
  readonly ms: number;
}

function Days({ label, name, min, ms }: DaysProps) {
  const value = String(Number((ms / dayMs).toPrecision(4)));
  return <Field label={`${label}, days`} name={name} type="number" min={min} step="any" value={value} required />;
}
