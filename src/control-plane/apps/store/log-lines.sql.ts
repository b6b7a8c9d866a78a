import { statement } from '../../kernel/db/statement.ts';

/**
 * Appends lines of an instance, unless they are stored already: `after` is the position that was stored when they were read. The row
 * of the service is locked, so that numbers are committed in their order and who reads after a number misses none.
 */
export const appendLogLines = statement({
  name: 'app_log_lines.append',
  text: `
    with lines as (
      select nr, l ->> 'at' as at, l ->> 'stream' as stream, l ->> 'text' as text
      from jsonb_array_elements($4) with ordinality as e (l, nr)
    ), moved as (
      update app_instances set log_position = $3 where id = $1 and log_position = $2 returning service_id
    ), numbered as (
      update app_services s set log_seq = s.log_seq + jsonb_array_length($4)
      from moved where s.id = moved.service_id
      returning s.id, s.log_seq - jsonb_array_length($4) as base
    )
    insert into app_log_lines (service_id, seq, instance_id, at, stream, text)
    select numbered.id, numbered.base + lines.nr, $1, lines.at::timestamptz, lines.stream, lines.text
    from numbered, lines
    returning seq`,
  params: { instanceId: 'text', after: 'int8', position: 'int8', lines: 'jsonb' },
  row: { seq: 'int8' },
});

/** From where the log of an instance is to be read on. */
export const getLoggedInstance = statement({
  name: 'app_log_lines.get_instance',
  text: `
    select id, service_id as "serviceId", release_id as "releaseId", log_position as "logPosition"
    from app_instances where id = $1 and state <> 'REMOVED'`,
  params: { id: 'text' },
  row: { id: 'text', serviceId: 'text', releaseId: 'text', logPosition: 'int8' },
});

export const listLogLines = statement({
  name: 'app_log_lines.list',
  text: `
    select l.seq, l.at, l.instance_id as "instanceId", r.number as "release", i.replica, n.number as "run", l.stream,
      l.text
    from app_log_lines l
      left join app_instances i on i.id = l.instance_id
      left join app_releases r on r.id = i.release_id
      left join app_runs n on n.id = i.run_id
    where l.service_id = $1 and l.seq > $2
      and ($3::timestamptz is null or l.at >= $3)
      and ($4::text is null or position($4 in l.text) > 0)
      and ($5::int4 is null or n.number = $5)
    order by l.seq
    limit $6`,
  params: {
    serviceId: 'text',
    after: 'int8',
    since: 'timestamptz?',
    grep: 'text?',
    run: 'int4?',
    limit: 'int4',
  },
  row: {
    seq: 'int8',
    at: 'timestamptz',
    instanceId: 'text',
    release: 'int4?',
    replica: 'int4?',
    run: 'int4?',
    stream: 'text',
    text: 'text',
  },
});

/** The number before the last `count` lines that match, and the last number there is. */
export const logTailStart = statement({
  name: 'app_log_lines.tail_start',
  text: `
    select coalesce((
        select min(seq) - 1 from (
          select seq from app_log_lines
          where service_id = $1
            and ($3::timestamptz is null or at >= $3)
            and ($4::text is null or position($4 in text) > 0)
            and ($5::int4 is null or instance_id = (
              select i.id from app_instances i join app_runs n on n.id = i.run_id where n.service_id = $1 and n.number = $5))
          order by seq desc limit $2) last), s.log_seq) as "after",
      s.log_seq as "last"
    from app_services s where s.id = $1`,
  params: { serviceId: 'text', count: 'int4', since: 'timestamptz?', grep: 'text?', run: 'int4?' },
  row: { after: 'int8', last: 'int8' },
});

/** The last lines of an instance, oldest first. */
export const instanceLogTail = statement({
  name: 'app_log_lines.instance_tail',
  text: `
    select text from (
      select seq, text from app_log_lines where instance_id = $1 order by seq desc limit $2) last
    order by seq`,
  params: { instanceId: 'text', count: 'int4' },
  row: { text: 'text' },
});

export const countOldLogLines = statement({
  name: 'app_log_lines.count_old',
  text: `select count(*)::int4 as "count" from app_log_lines where at < clock_now() - $1::float8 * interval '1 day'`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

export const deleteOldLogLines = statement({
  name: 'app_log_lines.delete_old',
  text: `
    with old as (
      select service_id, seq from app_log_lines
      where at < clock_now() - $1::float8 * interval '1 day'
      order by at limit 10000
    ), gone as (
      delete from app_log_lines l using old where l.service_id = old.service_id and l.seq = old.seq returning 1
    )
    select count(*)::int4 as "count" from gone`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});
