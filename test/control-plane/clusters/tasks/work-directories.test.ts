import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prepareInstallDir } from '../../../../src/control-plane/clusters/installer/install-dir.ts';
import { workDirectoriesTask } from '../../../../src/control-plane/clusters/tasks/work-directories.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import { claim } from '../../../../src/control-plane/kernel/jobs/claim.ts';
import { reclaimExpiredLeasesTask } from '../../../../src/control-plane/kernel/jobs/job-tasks.ts';
import { registerWorker } from '../../../../src/control-plane/kernel/jobs/workers.sql.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import { runTask } from '../../../setup/run-task.ts';
import { openWorkerFixture } from '../../worker/worker-fixture.ts';
import { tempDir } from '../installer/temp-dir.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('V1: G15: a host keeps the directories of attempts that hold a lease, and no others', async () => {
  const { db } = database;
  const fixture = await openWorkerFixture(db);
  await fixture.enqueue('clu_live', 'test.work');
  const worker = { id: 'wrk_1', host: 'h', pid: 1, roles: ['worker'], leaseMs: 60_000 };
  await db.query(registerWorker, { ...worker, jobTypes: ['test.work'], problems: [], dispatch: 'NOTIFY' });
  const {
    jobs: [job],
  } = await claim(db, { slots: 1, workerId: 'wrk_1', types: ['test.work'] });
  if (job === undefined) throw new Error('nothing was claimed');

  const root = await tempDir();
  const run = () => runTask(workDirectoriesTask(db, root, systemClock));
  expect(await runTask(workDirectoriesTask(db, join(root, 'missing'), systemClock))).toBeUndefined();
  await prepareInstallDir(root, job.id, job.fence);
  await mkdir(join(root, job.id, `attempt-${job.fence + 1}`));
  await mkdir(join(root, `${job.id}-undo`, `attempt-${job.fence}`), { recursive: true });
  for (const empty of ['job_killed', 'job_killed-undo']) await mkdir(join(root, empty));
  for (const probe of ['.write-check-1', '.write-check-2']) await writeFile(join(root, probe), 'x');
  await utimes(join(root, '.write-check-1'), new Date(0), new Date(0));
  const dead = await prepareInstallDir(root, 'job_dead', 7);
  await writeFile(join(dead.install, 'auth'), 'secret', { mode: 0o400 });
  await writeFile(join(root, 'note'), 'of an operator');

  expect(await run()).toEqual({ removed: 2 });
  expect((await readdir(root)).sort()).toEqual(['.write-check-2', job.id, `${job.id}-undo`, 'note'].sort());
  expect(await readdir(join(root, job.id))).toEqual([`attempt-${job.fence}`]);
  expect(await run()).toBeUndefined();

  await db.script("update workers set lease_until = clock_now() - interval '1 second' where id = 'wrk_1'");
  await runTask(reclaimExpiredLeasesTask(db, fixture.dispatcher, 1_000));
  expect(await run()).toEqual({ removed: 2 });
  expect((await readdir(root)).sort()).toEqual(['.write-check-2', 'note']);
  await fixture.close();
});

test('G15: a directory that cannot be read leaves no other in place, and is said', async () => {
  const root = await tempDir();
  await symlink('job_a', join(root, 'job_a'));
  await prepareInstallDir(root, 'job_b', 2);
  await expect(runTask(workDirectoriesTask(database.db, root, systemClock))).rejects.toThrow('ELOOP');
  expect(await readdir(root)).toEqual(['job_a']);
});
