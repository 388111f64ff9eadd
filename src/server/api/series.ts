import { z } from 'zod';
import type { MetricRetention } from '../../model/resolution.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  type MetricInfo,
  metricsAnswer,
  type SeriesAnswer,
  type SeriesPoint,
  seriesAnswer,
  seriesQuery,
  storageUse,
} from '../../wire/api/metrics.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { catalogMetricInfo, hostMetrics, rawMetricInfo } from './metric-info.ts';

const groupParams = z.object({ groupId: z.string() });
const hostParams = z.object({ groupId: z.string(), hostId: z.string() });
const agentParams = z.object({ groupId: z.string(), agentId: z.string() });
const metricsPerRequest = 200;

/** Charts' figures: of hosts and of agents, the catalog, and what storing them takes. */
export function seriesRoutes(app: ServerApp, context: ServerContext): void {
  const catalogInfo = context.catalog.map(catalogMetricInfo);
  const catalogByName = new Map(catalogInfo.map((info) => [info.name, info]));
  app.route({
    method: 'GET',
    url: '/catalog',
    config: { access: 'user' },
    schema: { response: { 200: metricsAnswer } },
    handler: async () => catalogInfo,
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/hosts/:hostId/metrics',
    config: { access: 'group.read' },
    schema: { params: hostParams, response: { 200: metricsAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      const raw = await context.metrics.metrics(fleet.group.id, fleet.host(request.params.hostId).id);
      return [...hostMetrics(context.catalog, raw)];
    },
  });
  const answer = (groupId: string, stream: string, query: SeriesQuery) =>
    readSeries(context, { groupId, stream }, query, catalogByName);
  app.route({
    method: 'GET',
    url: '/groups/:groupId/hosts/:hostId/series',
    config: { access: 'group.read' },
    schema: { params: hostParams, querystring: seriesQuery, response: { 200: seriesAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      return answer(fleet.group.id, fleet.host(request.params.hostId).id, request.query);
    },
  });
  app.route({
    method: 'GET',
    url: '/groups/:groupId/agents/:agentId/series',
    config: { access: 'group.read' },
    schema: { params: agentParams, querystring: seriesQuery, response: { 200: seriesAnswer } },
    serializerCompiler: () => JSON.stringify,
    handler: async (request) => {
      const fleet = await context.fleet.group(request.params.groupId);
      return answer(fleet.group.id, fleet.agent(request.params.agentId).id, request.query);
    },
  });
  storageRoute(app, context);
}

type SeriesQuery = z.infer<typeof seriesQuery>;

async function readSeries(
  context: ServerContext,
  { groupId, stream }: { readonly groupId: string; readonly stream: string },
  query: SeriesQuery,
  catalogByName: ReadonlyMap<string, MetricInfo>,
): Promise<SeriesAnswer> {
  const names = [query.metric].flat();
  checkQuery(names, query.from, query.to);
  const span = { fromMs: query.from, toMs: query.to, maxPoints: query.points };
  const stored = await context.metrics.series({ groupId, stream, names, ...span });
  const units = await unitsOf(context, groupId, stream, names, catalogByName);
  const series = stored.map(({ name, resolutionMs, points }) => ({
    metric: name,
    unit: units(name),
    resolutionMs,
    points: points.map(([ms, min, avg, max]): SeriesPoint => [ms, min, avg, max]),
  }));
  return { series };
}

function storageRoute(app: ServerApp, context: ServerContext): void {
  app.route({
    method: 'GET',
    url: '/groups/:groupId/storage',
    config: { access: 'group.read' },
    schema: { params: groupParams, response: { 200: storageUse } },
    handler: async (request) => {
      const { group } = await context.fleet.group(request.params.groupId);
      const use = await context.metrics.use(group.id);
      return {
        bytes: use.bytes,
        budgetBytes: group.diskBudgetBytes,
        levels: use.levels.map((level) => ({ ...level, keepMs: keepMs(level.level, group.retention) })),
        forecastBytes: use.forecastBytes,
      };
    },
  });
}

function keepMs(level: 'raw' | 'minute' | 'hour' | 'day', retention: MetricRetention): number {
  return { raw: retention.rawMs, minute: retention.minuteMs, hour: retention.hourMs, day: retention.dayMs }[level];
}

function checkQuery(names: readonly string[], from: number, to: number): void {
  if (names.length > metricsPerRequest) {
    throw new AppError('INPUT_INVALID', `at most ${metricsPerRequest} metrics at once`, {
      details: { field: 'metric' },
    });
  }
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw new AppError('INPUT_INVALID', 'from and to are milliseconds since 1970 UTC, from before to', {
      details: { field: 'from' },
    });
  }
}

/** Raw names are looked up only when one is asked for. */
async function unitsOf(
  context: ServerContext,
  groupId: string,
  stream: string,
  names: readonly string[],
  known: ReadonlyMap<string, MetricInfo>,
): Promise<(name: string) => string> {
  if (names.every((name) => known.has(name))) return (name) => familyOf(known, name)?.unit ?? 'count';
  const raw = new Map(
    (await context.metrics.metrics(groupId, stream)).map((metric) => [metric.name, rawMetricInfo(metric)]),
  );
  return (name) => (familyOf(known, name) ?? raw.get(name))?.unit ?? 'count';
}

/** A series of a family is named `metric:part` and has the unit of the family. */
function familyOf(known: ReadonlyMap<string, MetricInfo>, name: string): MetricInfo | undefined {
  return known.get(name) ?? known.get(name.split(':', 1)[0] ?? '');
}
