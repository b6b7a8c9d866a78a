import { statement } from '../../kernel/db/statement.ts';

/** Tells the edges that a route changed. @returns the generation that has the change */
export const advanceGeneration = statement({
  name: 'app_edge.advance',
  text: `update app_edge_state set generation = generation + 1 where id = 1 returning generation`,
  params: {},
  row: { generation: 'int8' },
});

export const readGeneration = statement({
  name: 'app_edge.read_generation',
  text: `select generation from app_edge_state where id = 1`,
  params: {},
  row: { generation: 'int8' },
});

/**
 * All routes with the generation that has them: read in one statement, so that both are of one moment. What is being destroyed has one
 * only as long as requests are sent to it.
 */
export const readRoutes = statement({
  name: 'app_edge.read_routes',
  text: `
    select g.generation, s.id as "serviceId", s.host_label as "hostLabel", s.replicas, s.crashed_at as "crashedAt", s.settings,
      s.live_release_id as "liveReleaseId",
      coalesce((
        select jsonb_agg(jsonb_build_object('id', i.id, 'host', i.address_host, 'port', i.address_port) order by i.id)
        from app_instances i
        where i.service_id = s.id and i.is_serving), '[]') as "upstreams"
    from app_edge_state g
      left join (app_services s join app_environments e on e.id = s.environment_id)
        on s.status <> 'DESTROYED' and s.kind in ('web', 'static')
          and (s.status = 'ACTIVE' and e.status = 'ACTIVE'
            or exists (select from app_instances i where i.service_id = s.id and i.is_serving))
    where g.id = 1
    order by s.id`,
  params: {},
  row: {
    generation: 'int8',
    serviceId: 'text?',
    hostLabel: 'text?',
    replicas: 'int4?',
    crashedAt: 'timestamptz?',
    settings: 'jsonb?',
    liveReleaseId: 'text?',
    upstreams: 'jsonb',
  },
});

/** What an edge has applied, and what is in progress at it. Those that were killed a day ago are forgotten. */
export const reportEdge = statement({
  name: 'app_edge.report',
  text: `
    with forgotten as (
      delete from app_edges where seen_at < clock_now() - interval '1 day' and id <> $1
    )
    insert into app_edges (id, host, pid, base_url, generation, in_flight) values ($1, $2, $3, $4, $5, $6)
    on conflict (id) do update
      set base_url = excluded.base_url, generation = excluded.generation, in_flight = excluded.in_flight, seen_at = clock_now()
    returning id`,
  params: { id: 'text', host: 'text', pid: 'int4', baseUrl: 'text', generation: 'int8', inFlight: 'jsonb' },
  row: { id: 'text' },
});

export const removeEdge = statement({
  name: 'app_edge.remove',
  text: `delete from app_edges where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Where services are reached: what the edge that reported last said, which may restart at the moment. */
export const readBaseUrl = statement({
  name: 'app_edge.read_base_url',
  text: `select base_url as "baseUrl" from app_edges order by seen_at desc limit 1`,
  params: {},
  row: { baseUrl: 'text' },
});

/** Edges that reported in the last 10 seconds. */
export const listLiveEdges = statement({
  name: 'app_edge.list_live',
  text: `
    select id, base_url as "baseUrl", generation, in_flight as "inFlight"
    from app_edges
    where seen_at > clock_now() - interval '10 seconds'
    order by id`,
  params: {},
  row: { id: 'text', baseUrl: 'text', generation: 'int8', inFlight: 'jsonb' },
});
