import type { TopologyAnswer } from '../../../wire/api/deployment.ts';
import { Spark } from '../../components/spark.tsx';
import { figure, shortDuration, size, whole } from '../../format.ts';

/** Only what is not well is counted. */
function processNote({ lagging, down, unknown }: TopologyAnswer['figures']): string {
  const parts = [
    lagging > 0 && `${whole(lagging)} ${lagging === 1 ? 'lags' : 'lag'}`,
    down > 0 && `${whole(down)} down`,
    unknown > 0 && `${whole(unknown)} unknown`,
  ].filter(Boolean);
  return parts.length === 0 ? 'none lags or is down' : parts.join(', ');
}

/** Five figures, each with what it is measured against. */
export function Figures({ topology }: { readonly topology: TopologyAnswer }) {
  const { figures } = topology;
  const operations = figure(figures.operationsPerSecond, 'per second');
  const share =
    figures.connections === null || !figures.connectionsLimit
      ? null
      : (100 * figures.connections) / figures.connectionsLimit;
  const oldest = [...topology.sets, ...topology.clusters.flatMap(({ shards }) => shards)].find(
    ({ name }) => name === figures.oldestOplogSet,
  );
  const window =
    figures.oldestOplogWindowMs === null ? ['–', ''] : shortDuration(figures.oldestOplogWindowMs).split(' ');
  return (
    <dl class="figures">
      <div>
        <dt>Processes</dt>
        <dd>
          {whole(figures.healthy)} <span class="unit">of {whole(figures.processes)} healthy</span>
        </dd>
        <dd class="note">{processNote(figures)}</dd>
      </div>
      <div>
        <dt>Operations</dt>
        <dd
          title={figures.operationsPerSecond === null ? undefined : `${whole(figures.operationsPerSecond)} per second`}
        >
          {operations[0]} <span class="unit">{operations[1]}</span>
        </dd>
        <dd class="note">of all processes together</dd>
        <dd class="over">
          <Spark values={figures.operationsSpark} label="Operations of all processes, last hour" />
        </dd>
      </div>
      <div>
        <dt>Connections</dt>
        <dd>
          {figures.connections === null ? '–' : whole(figures.connections)}{' '}
          {figures.connectionsLimit !== null && <span class="unit">of {whole(figures.connectionsLimit)}</span>}
        </dd>
        <dd class="note">
          {share === null ? 'no limit known' : `${share < 1 ? 'under 1' : Math.round(share)}% of the limit`}
        </dd>
      </div>
      <div>
        <dt>Open alerts</dt>
        <dd>{figures.openAlerts}</dd>
        <dd class="note">{figures.openAlerts === 0 ? 'nothing needs you' : 'not yet acknowledged'}</dd>
      </div>
      <div>
        <dt>Shortest oplog</dt>
        <dd>
          {window[0]} <span class="unit">{window[1]}</span>
        </dd>
        <dd class="note">{oplogNote(figures.oldestOplogSet, oldest?.oplogBytesPerHour ?? null)}</dd>
      </div>
    </dl>
  );
}

function oplogNote(set: string | null, bytesPerHour: number | null): string {
  if (set === null) return 'no replica set yet';
  return bytesPerHour === null || bytesPerHour < 1 ? set : `${set}, at ${size(bytesPerHour)}/h`;
}
