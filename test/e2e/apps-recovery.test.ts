import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { AppService } from '../../src/contract/documents.ts';
import { findCgroupHierarchy } from '../../src/control-plane/kernel/process/instance/cgroup-hierarchy.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { FailingServices } from './failing-services.ts';
import { SHORT_LEASE } from './open-site.ts';
import { killProcess, processesMentioning } from './processes.ts';

const apps = useAppsSite(SHORT_LEASE);
let services: FailingServices;
beforeAll(() => {
  services = new FailingServices(apps());
});

/** @returns the id of the only instance, which is another one */
async function untilReplaced(live: AppService, previous: string): Promise<string> {
  let id = previous;
  await eventually('another one serves', async () => {
    id = await services.untilOneServes(live, 'one');
    return id !== previous;
  });
  return id;
}

/** Every role at once, as when a machine loses power; afterwards the edge has the same port. */
async function killControlPlane({ url }: AppService): Promise<{ start: () => Promise<void> }> {
  const site = apps();
  const { port } = new URL(url ?? '');
  await Promise.all([...site.servers.values()].map((server) => server.kill()));
  return {
    async start() {
      await site.start('api');
      await site.start('worker');
      await site.start('edge', { OCPCTL_EDGE_PORT: port });
    },
  };
}

test('P24: an instance that is killed, and one whose runner is killed, is replaced by exactly one', async () => {
  const site = apps();
  const live = await services.deploy('victim', 'one');
  const first = await services.untilOneServes(live, 'one');
  killProcess(await services.pidOf(live));
  const second = await untilReplaced(live, first);
  const pid = await services.pidOf(live);
  const runner = site.processes().find((process) => process.pid === pid)?.parentPid ?? 0;
  killProcess(runner);
  await untilReplaced(live, second);
  expect(processesMentioning(second)).toStrictEqual([]);
});

test('P24: an instance that runs out of memory is replaced by exactly one, and the reason is kept', async (context) => {
  if (findCgroupHierarchy() === undefined) context.skip('this host has no limits for processes');
  const site = apps();
  const live = await services.deploy('hog', 'one', {}, '--memory', '96');
  const first = await services.untilOneServes(live, 'one');
  // Its instance ends before it has answered.
  expect((await site.ask(live, '/hog')).status).toBe(502);
  await untilReplaced(live, first);
  expect(
    await site.rows('select exit_signal, out_of_memory from app_instances where id = $1', [first]),
  ).toStrictEqual([{ exit_signal: 'SIGKILL', out_of_memory: true }]);
});

test('A4, P24: a control plane that is killed finds the instances again and starts no others; one that ended meanwhile is replaced', async () => {
  const site = apps();
  const live = await services.deploy('adopted', 'one');
  const id = await services.untilOneServes(live, 'one');
  const pid = await services.pidOf(live);
  await (await killControlPlane(live)).start();
  await eventually('it was seen again', async () => {
    const [row] = await site.rows<{ seen: boolean }>(
      `select last_seen_at > (select max(started_at) from workers) as seen from app_instances where id = $1`,
      [id],
    );
    return row?.seen;
  });
  expect(await services.untilOneServes(live, 'one')).toBe(id);
  expect(await services.pidOf(live)).toBe(pid);
  const controlPlane = await killControlPlane(live);
  killProcess(pid);
  await controlPlane.start();
  await untilReplaced(live, id);
});

test('P24: a service whose instances end as they start is CRASHED after six times and says so once; a restart begins again', async () => {
  const site = apps();
  const crash = join(site.appDir, 'crash');
  const live = await services.deploy('looping', 'one', { crash });
  await services.untilOneServes(live, 'one');
  writeFileSync(crash, '');
  killProcess(await services.pidOf(live));
  await eventually(
    'it is CRASHED',
    async () => {
      // The pause before the next start is over.
      await site.rows(
        `update app_services set restart_at = clock_now() where id = $1 and restart_at > clock_now()`,
        [live.id],
      );
      return (await site.getService('looping')).status === 'CRASHED';
    },
    {
      explain: async () =>
        JSON.stringify(await site.rows(`select * from app_instances where service_id = $1`, [live.id])),
    },
  );
  expect((await site.ask(live)).status).toBe(503);
  rmSync(crash);
  await site.cli(['app', 'restart', 'looping']);
  await services.untilOneServes(live, 'one');
  expect(
    await site.rows(`select type from notification_events where subject = $1 and type = 'service.crashed'`, [
      live.id,
    ]),
  ).toHaveLength(1);
});
