import * as z from 'zod';
import type { Module, ModuleDefinition } from '../../../src/control-plane/kernel/api/module.ts';
import { audit } from '../../../src/control-plane/kernel/audit/audit.ts';
import type { Caller } from '../../../src/control-plane/kernel/caller.ts';
import type { Tx } from '../../../src/control-plane/kernel/db/db.ts';
import { statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { type SettingValues, setting } from '../../../src/control-plane/kernel/settings/setting.ts';

const insertToy = statement({
  name: 'toys.insert',
  text: `insert into toys (id, team, status) values ($1, $2, 'WINDING') on conflict (id) do nothing returning id, status`,
  params: { id: 'text', team: 'text' },
  row: { id: 'text', status: 'text' },
});
const setToy = statement({
  name: 'toys.set',
  text: `update toys set status = $2 where id = $1 or ($1 = '*' and status = 'WINDING') returning id, status`,
  params: { id: 'text', status: 'text' },
  row: { id: 'text', status: 'text' },
});
const getToy = statement({
  name: 'toys.get',
  text: 'select id, status from toys where id = $1',
  params: { id: 'text' },
  row: { id: 'text', status: 'text' },
});

const TOY_SETTINGS = {
  toysPerTeam: setting(z.int().min(1).default(2), {
    variable: 'OCPCTL_TOYS_PER_TEAM',
    meaning: 'quota: toys of a team',
  }),
};
export const toyTask = { runs: 0 };

/** One setting, one table, one operation, one job that winds until it is cancelled, one task that counts its own runs. */
export const toyModule = {
  kind: 'toy',
  settings: { sections: [{ title: 'Toys', settings: TOY_SETTINGS }] },
  async open({ toysPerTeam: limit }, { queue }): Promise<Module> {
    const create = async (
      tx: Tx,
      { caller, body }: { caller: Caller; body: { name: string; team: string } },
    ) => {
      const [toy] = await tx.query(insertToy, { id: body.name, team: body.team });
      const [resourceId, resourceName, team] = [body.name, body.name, body.team];
      const { principal: requestedBy } = caller;
      const jobId = await queue.enqueue(tx, {
        type: 'toy.wind',
        resourceId,
        resourceName,
        team,
        requestedBy,
      });
      await audit(tx, team, caller, { action: 'toy.create', target: resourceId, status: 'SUCCESS' });
      return { ...toy, jobId };
    };
    return {
      kind: 'toy',
      operations: {
        createToy: {
          kind: 'command',
          action: 'toy.create',
          status: 202,
          authorizeReplay: async () => {},
          run: (tx, call) => create(tx, call as Parameters<typeof create>[1]),
        },
      },
      jobs: [
        {
          type: 'toy.wind',
          timeoutMs: 60_000,
          async run(attempt) {
            const { signal, job } = attempt;
            attempt.beginPhase('wind');
            attempt.event({ kind: 'log', level: 'info', message: `winding ${job.resourceName}` });
            await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
            throw signal.reason;
          },
          onFailed: async () => {},
          onCancelled: async (tx, { resourceId }) =>
            void (await tx.query(setToy, { id: resourceId, status: 'STOPPED' })),
        },
      ],
      tasks: [{ name: 'count-toys', intervalMs: 50, run: async () => ({ runs: ++toyTask.runs }) }],
      gauges: [],
      retention: [],
      resources: { toy: async (db, id) => (await db.query(getToy, { id }))[0] },
      quotas: async (_caller, team = 'a') =>
        new Map(['toys-only', team].map((name) => [name, { toys: { used: 1, limit } }])),
    };
  },
} satisfies ModuleDefinition<SettingValues<typeof TOY_SETTINGS>>;

/** What the module adds to the database and to openapi.yaml. */
export const TOY_MIGRATION = {
  name: 'toys',
  sql: 'create table toys (id text primary key, team text not null, status text not null)',
};
const string = { type: 'string', maxLength: 100 };
const toy = {
  type: 'object',
  additionalProperties: false,
  properties: { id: string, status: string, jobId: string },
};
export const TOY_PATHS = {
  '/v1/toys': {
    post: {
      operationId: 'createToy',
      'x-ocpctl-access': { roles: ['requester'], scope: 'team' },
      parameters: [{ $ref: '#/components/parameters/IdempotencyKey' }],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: {
              type: 'object',
              additionalProperties: false,
              required: ['name', 'team'],
              properties: { name: string, team: string },
            },
          },
        },
      },
      responses: { 202: { description: 'Accepted', content: { 'application/json': { schema: toy } } } },
    },
  },
};
/** `toy` beside `cluster` wherever the API tells of a job and its resource. */
export const TOY_SCHEMA = toy;
