import { readFile } from 'node:fs/promises';

const CLUSTER_JOBS = 'src/control-plane/clusters/jobs';
const APP_JOBS = 'src/control-plane/apps/jobs';

/**
 * What `npm run chaos -- --without NAME` takes out of a copy of the product: each of these alone must make the run find something.
 * `from` has to be in the file exactly once, so that a mutation that no longer fits fails instead of changing nothing.
 */
export const MUTATIONS = {
  checkpoint: [
    {
      file: `${CLUSTER_JOBS}/create-handler.ts`,
      from: 'checkpoint(context, attempt, input, infraId),',
      to: 'checkpoint.name.length > 0 ? Promise.resolve() : checkpoint(context, attempt, input, infraId),',
    },
  ],
  // The look for leftovers goes with it: where each host has one worker, it never sees what a dead worker elsewhere left.
  guard: [
    {
      file: 'src/control-plane/kernel/process/guarded-tree.ts',
      from: '  async orphaned(isWorkerGone: boolean): Promise<void> {\n',
      to: '  async orphaned(isWorkerGone: boolean): Promise<void> {\n    if (this.over !== undefined) return;\n',
    },
    {
      file: 'src/control-plane/kernel/process/terminate-tree.ts',
      from: '  await endMarkedProcesses(`${owner}.`, killAfterMs, clock);',
      to: '  await clock.sleep(0 * owner.length * killAfterMs);',
    },
  ],
  fence: [
    {
      file: 'src/control-plane/kernel/jobs/settle.sql.ts',
      from: `    join workers w on w.id = l.worker_id and w.lease_until > clock_now()
    where l.resource_id = $1 and l.job_id = $2 and l.fence = $3`,
      to: '    where l.resource_id = $1 and $2::text is not null and $3::int8 is not null',
    },
    {
      file: 'src/control-plane/kernel/jobs/settle.sql.ts',
      from: `      where resource_id = $1 and job_id = $2 and fence = $3
      returning resource_id`,
      to: `      where resource_id = $1 and $2::text is not null and $3::int8 is not null
      returning resource_id`,
    },
    {
      file: 'src/control-plane/kernel/jobs/events.sql.ts',
      from: `      select l.job_id
      from job_locks l
      join workers w on w.id = l.worker_id and w.lease_until > clock_now()
      where l.resource_id = $1 and l.job_id = $2 and l.fence = $3`,
      to: '      select $2::text as job_id from job_locks l where l.resource_id = $1 and $3::int8 is not null',
    },
  ],
  'read-back': [
    {
      file: `${CLUSTER_JOBS}/undo.ts`,
      from: '  if (residue.length === 0) return;',
      to: '  if (residue.length >= 0) return;',
    },
  ],
  // Of applications: with --module apps.
  check: [
    {
      file: `${APP_JOBS}/rollout-steps.ts`,
      from: 'Promise.all(started.map((id) => untilServes(',
      to: 'Promise.all(started.slice(started.length).map((id) => untilServes(',
    },
  ],
  drain: [
    {
      file: `${APP_JOBS}/rollout-steps.ts`,
      from: '  if (instanceIds.length === 0) return;\n  const left',
      to: '  if (instanceIds.length >= 0) return;\n  const left',
    },
    {
      file: `${APP_JOBS}/rollout-steps.ts`,
      from: '  const edges = await untilEdgesApply(context, attempt.db, generation, attempt.signal);',
      to: '  const edges = await Promise.resolve(untilEdgesApply.length + generation);',
    },
  ],
};

/**
 * Builds the product without one of its safeguards.
 * @param build is given an esbuild plugin, for as many programs as there are
 * @throws when the sources no longer fit the mutation
 */
export async function buildWithout(name, build) {
  const edits = MUTATIONS[name];
  const done = new Set();
  await build({
    name: `without-${name}`,
    setup({ onLoad }) {
      onLoad({ filter: /\/src\/control-plane\/.*\.ts$/ }, async ({ path }) => {
        const mine = edits.filter(({ file }) => path.endsWith(`/${file}`));
        if (mine.length === 0) return undefined;
        let contents = await readFile(path, 'utf8');
        for (const edit of mine) {
          const parts = contents.split(edit.from);
          if (parts.length !== 2)
            throw new Error(`${edit.file} does not have exactly one match for the mutation ${name}`);
          contents = parts.join(edit.to);
          done.add(edit);
        }
        return { contents, loader: 'ts' };
      });
    },
  });
  const missed = edits.filter((edit) => !done.has(edit)).map(({ file }) => file);
  if (missed.length > 0) throw new Error(`the mutation ${name} did not come to ${missed.join(', ')}`);
}
