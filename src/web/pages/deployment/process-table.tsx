import { narrow } from '../../components/narrow.ts';
import { Spark } from '../../components/spark.tsx';
import { StatusPill } from '../../components/status.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { duration, figure, shortDuration, whole } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import type { Row } from './blocks.ts';

/** All processes as rows; only those near the screen are drawn. On phones a row is a name and three values. */
export function ProcessTable({ rows }: { readonly rows: readonly Row[] }) {
  const { groupId } = useGroup();
  return (
    <section class="card">
      <table class="processes">
        <caption class="sr">All processes, problems first</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Process</th>
            <th scope="col">Set</th>
            <th scope="col">Role</th>
            <th scope="col">Version</th>
            <th scope="col" class="num">
              Lag
            </th>
            <th scope="col" class="num">
              Operations
            </th>
            <th scope="col">Last hour</th>
            <th scope="col" class="num">
              Connections
            </th>
            <th scope="col" class="num">
              Up
            </th>
          </tr>
        </thead>
        <VirtualRows rows={rows} rowHeight={narrow.matches ? 88 : 36} columns={10}>
          {({ member, place }) => (
            <tr key={`${place} ${member.host}`}>
              <td class="state">
                <StatusPill status={member.status} />
              </td>
              <td class="host" title={member.host}>
                {member.hostId === null ? (
                  member.host
                ) : (
                  <a href={groupPath(groupId, 'hosts', member.hostId)}>{member.host}</a>
                )}
              </td>
              <td class="place">{place}</td>
              <td class="role-cell">{member.role}</td>
              <td class="version">{member.version ?? '–'}</td>
              <td class="num" data-label="Lag">
                {member.lagMs === null || member.role === 'primary' ? '–' : duration(member.lagMs)}
              </td>
              <td class="num" data-label="Operations">
                {figure(member.operationsPerSecond, 'per second').join(' ')}
              </td>
              <td class="trend">
                <Spark values={member.spark} label={`Operations of ${member.host}, last hour`} />
              </td>
              <td class="num" data-label="Connections">
                {member.connections === null ? '–' : whole(member.connections)}
              </td>
              <td class="num up">
                {member.startedAtMs === null ? '–' : shortDuration(Math.max(1000, Date.now() - member.startedAtMs))}
              </td>
            </tr>
          )}
        </VirtualRows>
      </table>
    </section>
  );
}
