import type { Series } from '../../wire/api/metrics.ts';

const virtual = /^\/(dev|proc|sys|run|snap)(\/|$)/;
const tinyBytes = 2 ** 30;

/**
 * A file system that says nothing about the room for data: one of the kernel's own, an empty one, or one below 1 GiB.
 * `series` are those of this mount in one chart.
 */
export function isMinorMount(mount: string, series: readonly Series[]): boolean {
  if (virtual.test(mount)) return true;
  const most = (unit: string) =>
    Math.max(
      ...series.filter((one) => one.unit === unit).flatMap(({ points }) => points.map((point) => point[3] ?? 0)),
    );
  const [percent, bytes] = [most('percent'), most('bytes')];
  return percent === 0 || (Number.isFinite(bytes) && bytes < tinyBytes);
}
