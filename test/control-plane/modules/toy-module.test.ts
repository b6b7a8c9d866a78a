import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import * as z from 'zod';
import { MODULES } from '../../../src/control-plane/composition/modules.ts';
import { statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { setting } from '../../../src/control-plane/kernel/settings/setting.ts';
import type { ControlPlaneEvent } from '../../../src/control-plane/kernel/telemetry/control-plane-event.ts';
import { type ControlPlane, startControlPlane } from '../../../src/control-plane/main.ts';
import { MIGRATIONS } from '../../../src/control-plane/migrations/migrations.gen.ts';
import { serverConfig, settingsOf } from '../../../src/control-plane/settings/server-config.ts';
import { eventually } from '../../e2e/eventually.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../http/kit/installation.ts';
import { openEventStream } from '../http/kit/open-event-stream.ts';
import { call, newKey } from '../http/kit/requests.ts';
import { CONTRACT_FILE, type TestServer } from '../http/kit/server.ts';
import { TOY_MIGRATION, TOY_PATHS, TOY_SCHEMA, toyModule, toyTask } from './toy-module.ts';

const TOY_STATUS = statement({
  name: 'toys.status',
  text: 'select status from toys where id = $1',
  params: { id: 'text' },
  row: { status: 'text' },
});

const modules = [...MODULES, toyModule];

/** A module that the product does not have, added to all that it has: nothing of the kernel, HTTP, worker or janitor is changed for it. */
describe('a toy module added to the composition', () => {
  let installation: TestInstallation;
  let server: ControlPlane;
  const events: ControlPlaneEvent[] = [];
  let ann: Person;
  let eve: Person;
  let auditor: Person;

  beforeAll(async () => {
    installation = await createTestInstallation();
    ann = await installation.person('ann', 'requester@a');
    eve = await installation.person('eve', 'requester@z');
    auditor = await installation.person('auditor', 'auditor@*');
    const contractFile = join(installation.directory, 'openapi.yaml');
    await writeFile(contractFile, await contractWithToys());
    const version = (MIGRATIONS.at(-1)?.version ?? 0) + 1;
    const given = {
      databaseUrl: installation.databaseUrl,
      dataDir: join(installation.directory, 'data'),
      keyDir: join(installation.directory, 'keys'),
      sandbox: true,
      port: 0,
      logLevel: 'silent' as const,
      concurrency: 20,
    };
    const config = serverConfig(given, { ...process.env, OCPCTL_TOYS_PER_TEAM: '3' }, modules);
    server = await startControlPlane(config, {
      modules,
      migrations: [...MIGRATIONS, { version, ...TOY_MIGRATION }],
      contractFile,
      onEvent: (event) => {
        events.push(event);
        throw new Error('the program that listens is broken');
      },
    });
  });
  afterAll(async () => {
    server.forceStop();
    await server.stop();
    await installation.stop();
  });

  /** A GET; with a body, or `null` for none, a POST. */
  const send = async (person: Person, target: string, body?: object | null, key = newKey()) => {
    const method = body === undefined ? 'GET' : 'POST';
    const headers = { 'idempotency-key': key };
    const options = body === undefined ? { target } : { target, method, headers, ...(body && { body }) };
    const { status, text, headers: received } = await call(server as unknown as TestServer, person, options);
    return { status, body: JSON.parse(text), replayed: received['idempotent-replayed'] === 'true' };
  };
  const create = async (name: string) =>
    (await send(ann, '/v1/toys', { name, team: 'a' })).body.jobId as string;

  test('its operation is authorized by the contract', async () => {
    expect(await send(ann, '/v1/toys', { name: 'bear', team: 'a' })).toMatchObject({
      status: 202,
      body: { id: 'bear', status: 'WINDING' },
    });
    expect(await send(auditor, '/v1/toys', { name: 'duck', team: 'a' })).toMatchObject({ status: 403 });
    expect(await send(ann, '/v1/toys', { name: 'duck', team: 'a', color: 'red' })).toMatchObject({
      status: 400,
    });
  });

  test('G10: the same key happens once', async () => {
    const key = newKey();
    const first = await send(ann, '/v1/toys', { name: 'robot', team: 'a' }, key);
    const second = await send(ann, '/v1/toys', { name: 'robot', team: 'a' }, key);
    expect(second).toEqual({ ...first, replayed: true });
    expect((await send(ann, '/v1/jobs?toy=robot')).body.items).toHaveLength(1);
  });

  test('its commands are in the audit log', async () => {
    await create('train');
    const { body } = await send(auditor, '/v1/admin/audit/events?target=train');
    expect(body.items).toMatchObject([{ action: 'toy.create', actor: ann.principal, target: 'train' }]);
  });

  test('G14: its jobs are read through the kernel, by its team only', async () => {
    const id = await create('ball');
    const job = { id, resourceKind: 'toy', resourceId: 'ball', resourceName: 'ball', type: 'WIND' };
    expect(await send(ann, `/v1/jobs/${id}`)).toMatchObject({ status: 200, body: job });
    expect((await send(ann, '/v1/jobs?type=WIND&resource=ball')).body.items).toMatchObject([job]);
    expect((await send(ann, '/v1/jobs?type=CREATE')).body.items).toEqual([]);
    expect(await send(eve, `/v1/jobs/${id}`)).toMatchObject({ status: 404 });
    expect(await send(eve, `/v1/jobs/${id}/cancel`, null)).toMatchObject({ status: 404 });
    expect(await send(auditor, `/v1/jobs/${id}/cancel`, null)).toMatchObject({ status: 403 });
  });

  test('a worker runs its job, followers see the events, and a cancel ends it and tells the handler', async () => {
    const id = await create('car');
    const stream = await openEventStream(server as unknown as TestServer, ann, id);
    for await (const { data } of stream.messages) if (data.includes('winding car')) break;
    const cancelled = await send(ann, `/v1/jobs/${id}/cancel`, null);
    expect(cancelled).toMatchObject({ status: 202, body: { toy: { id: 'car' }, job: { id } } });
    const ended = await eventually('the job is CANCELLED', async () => {
      const { body } = await send(ann, `/v1/jobs/${id}`);
      return body.status === 'CANCELLED' && body;
    });
    expect(ended).toMatchObject({ phase: 'wind', attempt: 1 });
    const [row] = await installation.db.tx((tx) => tx.query(TOY_STATUS, { id: 'car' }));
    expect(row).toEqual({ status: 'STOPPED' });
    expect(await send(ann, `/v1/jobs/${id}/retry`, null)).toMatchObject({ status: 409 });

    const attempt = { jobId: id, jobType: 'toy.wind', resourceId: 'car', attempt: 1 };
    const ofJob = await eventually('the attempt is over', () => {
      const told = events.filter((event) => 'jobId' in event && event.jobId === id);
      return told.length === 3 && told;
    });
    expect(ofJob).toEqual([
      { type: 'job.started', ...attempt },
      { type: 'job.ended', status: 'CANCELLED', ...attempt },
      { type: 'job.attempt-ended', stopReason: 'cancelled', ...attempt },
    ]);
  });

  test('D3: its setting comes from the environment; its periodic task runs; its quotas stand beside those of the other modules', async () => {
    await eventually('the task ran', () => toyTask.runs > 0);
    const ended = await eventually('the end of a run is told', () =>
      events.find((event) => event.type === 'task.ended' && event.task === 'count-toys'),
    );
    expect(ended).toMatchObject({ outcome: 'SUCCEEDED', error: null });
    expect((await send(ann, '/v1/quota')).body.items).toMatchObject([
      { team: 'a', activeClusters: { used: 0 }, toys: { used: 1, limit: 3 } },
      { team: 'toys-only', toys: { used: 1, limit: 3 } },
    ]);
  });
});

describe('the settings of a module', () => {
  const given = { sandbox: true };

  test('D3: have defaults, variables and names of their own, beside those of the server and of the other modules', () => {
    expect(serverConfig(given, {}, modules)).toMatchObject({ toysPerTeam: 2, port: 8420, clouds: ['aws'] });
    const env = { OCPCTL_TOYS_PER_TEAM: '3' };
    expect(serverConfig(given, env, modules).toysPerTeam).toBe(3);
    expect(serverConfig({ ...given, toysPerTeam: 4 }, env, modules).toysPerTeam).toBe(4);
    expect(serverConfig(given, env)).not.toHaveProperty('toysPerTeam');
  });

  test('D3: a wrong value is rejected with the name of the setting; so is the setting of a module that is not there', () => {
    expect(() => serverConfig(given, { OCPCTL_TOYS_PER_TEAM: 'many' }, modules)).toThrow(
      expect.objectContaining({
        name: 'SetupError',
        message: expect.stringMatching(/^invalid settings: .*toysPerTeam/s),
      }),
    );
    const withToys: object = { ...given, toysPerTeam: 4 };
    expect(() => serverConfig(withToys, {})).toThrow(/^invalid settings: .*"toysPerTeam"/s);
  });

  test('D3: cannot replace those of the server or of another module', () => {
    const settings = {
      sections: [{ title: 'Port', settings: { port: setting(z.int(), { meaning: 'x' }) } }],
    };
    expect(() => settingsOf([...modules, { ...toyModule, kind: 'boat', settings }])).toThrow(
      'setting "port" of module "boat" exists already',
    );
    expect(() => settingsOf([...modules, toyModule])).toThrow('setting "toysPerTeam" of module "toy"');
  });
});

async function contractWithToys(): Promise<string> {
  const document = parse(await readFile(CONTRACT_FILE, 'utf8'));
  const { schemas } = document.components;
  Object.assign(document.paths, TOY_PATHS);
  document.paths['/v1/jobs'].get.parameters.push({
    name: 'toy',
    in: 'query',
    schema: { type: 'string', maxLength: 40 },
  });
  schemas.JobType.enum.push('WIND');
  schemas.JobAccepted.properties.toy = TOY_SCHEMA;
  schemas.TeamQuota.properties.toys = schemas.Use;
  return stringify(document, { aliasDuplicateObjects: false });
}
