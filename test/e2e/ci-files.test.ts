import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { getCluster } from './clusters.ts';
import { eventually } from './eventually.ts';
import { useServer } from './open-site.ts';
import { processesMentioning } from './processes.ts';
import type { Finished, Site } from './site.ts';
import { untilGone } from './until-gone.ts';

// The files of deploy/ci, run as their runners do, without the runners.
const CI = fileURLToPath(new URL('../../deploy/ci', import.meta.url));
const shared = useServer({}, {}, installOcpctl);

/** `ocpctl` on the PATH of a runner. */
function installOcpctl(site: Site): void {
  mkdirSync(binOf(site));
  const file = join(binOf(site), 'ocpctl');
  writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${site.entry}' "$@"\n`);
  chmodSync(file, 0o755);
}

const binOf = (site: Site) => join(site.folder, 'bin');
const pathOf = (site: Site) => `${binOf(site)}:${process.env['PATH']}`;

describe('the GitHub Action', () => {
  /** The files of a runner, and what it puts into the environment of a step. */
  function useRunner(inputs: Readonly<Record<string, string>>) {
    const { site } = shared();
    const folder = mkdtempSync(join(site.folder, 'runner-'));
    const file = (name: string) => join(folder, name);
    const env = {
      ...site.env,
      PATH: pathOf(site),
      RUNNER_TEMP: folder,
      GITHUB_STATE: file('state'),
      GITHUB_ENV: file('env'),
      GITHUB_OUTPUT: file('output'),
      GITHUB_RUN_ID: '42',
      GITHUB_SERVER_URL: 'https://github.example.com',
      GITHUB_REPOSITORY: 'team/app',
      ...Object.fromEntries(
        Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
      ),
    };
    const start = (script: string, more: NodeJS.ProcessEnv = {}) =>
      spawn(process.execPath, [join(CI, 'github-action', script)], { env: { ...env, ...more }, cwd: folder });
    return {
      values: (name: 'state' | 'env' | 'output') => valuesOf(file(name)),
      start,
      run: (script: string, more?: NodeJS.ProcessEnv) => finished(start(script, more)),
      post: () => {
        const state = Object.entries(valuesOf(file('state')));
        return finished(
          start('post.mjs', Object.fromEntries(state.map(([key, value]) => [`STATE_${key}`, value]))),
        );
      },
    };
  }

  test('creates a cluster for the steps of a job, and destroys it when the job ends', async () => {
    const { site } = shared();
    const runner = useRunner({
      profile: 'aws-minimal-test',
      ttl: '3h',
      arguments: '--tag=suite=e2e\n--cost-center=qa',
      'wait-for-destroy': 'true',
    });
    const ran = await runner.run('main.mjs');
    expect(ran.code, ran.stderr).toBe(0);
    const env = runner.values('env');
    const cluster = await getCluster(shared().client, env['OCPCTL_CLUSTER_ID'] ?? '');
    expect(env['OCPCTL_CLUSTER_NAME']).toBe(cluster.name);
    expect(cluster).toMatchObject({ status: 'READY', costCenter: 'qa', keepalive: { minutes: 15 } });
    expect(cluster.name).toMatch(/^ci-42-1-[0-9a-f]{4}$/);
    expect(runner.values('output')).toMatchObject({
      id: cluster.id,
      'api-url': expect.stringContaining('https://'),
    });
    const kubeconfig = env['KUBECONFIG'] ?? '';
    expect(readFileSync(kubeconfig, 'utf8')).toContain('current-context');
    expect(await runner.post()).toMatchObject({ code: 0 });
    expect((await untilGone(shared(), cluster.name)).destroyReason).toContain(
      'https://github.example.com/team/app/actions/runs/42',
    );
    expect(existsSync(kubeconfig)).toBe(false);
    await eventually('the renewals have ended', () =>
      processesMentioning(site.folder).every(({ argv }) => !argv.includes(` keepalive ${cluster.id}`)),
    );
  });

  test('G3: cancelled while the cluster is created, it leaves none', async () => {
    const { site } = shared();
    await site.setFaults({ stage: 'machines', kind: 'hang', times: 1, match: { clusterName: 'cancelled' } });
    const runner = useRunner({ profile: 'aws-minimal-test', name: 'cancelled' });
    const step = runner.start('main.mjs');
    await eventually('the installer hangs', async () =>
      (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
    );
    step.kill('SIGINT');
    expect(await finished(step)).toMatchObject({ code: 'SIGINT' });
    expect(await runner.post()).toMatchObject({ code: 0 });
    await untilGone(shared(), 'cancelled');
  });

  test('a create that is refused fails the step with the reason, and the end of the job destroys nothing', async () => {
    const runner = useRunner({ profile: 'no-such-profile' });
    const { code, stdout, stderr } = await runner.run('main.mjs');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '::error::ocpctl create ended with 2\n' });
    expect(stderr).toContain('no-such-profile');
    expect(await runner.post()).toMatchObject({ code: 0, stdout: 'no cluster was created\n' });
  });

  test('without ocpctl it says what to add to the job', async () => {
    const { code, stdout } = await useRunner({ profile: 'aws-minimal-test' }).run('main.mjs', {
      PATH: '/nowhere',
    });
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('npm install --global ocpctl'),
    });
  });
});

describe('the template of GitLab', () => {
  const { '.ocpctl': job } = parse(readFileSync(join(CI, 'gitlab/ocpctl.gitlab-ci.yml'), 'utf8'));

  /** The runner joins the lines of before_script and script for one shell; after_script has one of its own. */
  async function runJob(jobId: string, script: string): Promise<Finished[]> {
    const { site } = shared();
    const given = {
      CI_JOB_ID: jobId,
      CI_PROJECT_DIR: join(site.folder, 'project'),
      CI_JOB_URL: 'https://gitlab/jobs/1',
    };
    const expand = (text: string) =>
      text.replaceAll(/\$(CI_\w+)/g, (_, name: string) => new Map(Object.entries(given)).get(name) ?? '');
    const variables = Object.entries<string>(job.variables).map(
      ([name, value]) => [name, expand(value)] as const,
    );
    const { OCPCTL_AUTH: _, ...ofTemplate } = Object.fromEntries(variables); // signs with the key of the sandbox
    const env = {
      PATH: pathOf(site),
      OCPCTL_AWS_TOKEN: 'token',
      CLUSTER_PROFILE: 'aws-minimal-test',
      ...given,
      ...ofTemplate,
    };
    const shell = (lines: string[]) => site.run('bash', ['-c', `set -eo pipefail\n${lines.join('\n')}`], env);
    return [await shell([...job.before_script, script]), await shell(job.after_script)];
  }

  test('runs a script with a cluster and destroys it, whatever the script says', async () => {
    const [ran, after] = await runJob('7001', 'test -s "$KUBECONFIG"; echo used; exit 3');
    expect(ran).toMatchObject({ code: 3, stdout: expect.stringContaining('used') });
    expect(after).toMatchObject({ code: 0 });
    expect((await untilGone(shared(), 'ci-7001')).destroyReason).toContain('https://gitlab/jobs/1');
  });
});

describe('the Task of Tekton', () => {
  const { spec } = parse(readFileSync(join(CI, 'tekton/run-with-cluster.yaml'), 'utf8'));

  test('runs a script of any text with a cluster', async () => {
    const { site } = shared();
    const params: Readonly<Record<string, string>> = {
      server: '',
      profile: 'aws-minimal-test',
      image: '',
      script: `test -s "$KUBECONFIG"; echo "it's $OCPCTL_CLUSTER_NAME"; exit 5`,
      ...Object.fromEntries(
        spec.params
          .map(({ name, default: value }: Record<string, string>) => [name, value])
          .filter(([, value]: [string, unknown]) => value !== undefined),
      ),
    };
    const [{ script, env }] = spec.steps;
    const values = env.map(({ name, value }: Record<string, string>) => [
      name,
      value
        ?.replaceAll(/\$\(params\.(\w+)\)/g, (_, param: string) => params[param] ?? '')
        .replace('$(workspaces.source.path)', ''),
    ]);
    const { OCPCTL_SERVER: _, ...variables } = Object.fromEntries(values); // the context of the sandbox has it
    const ran = await site.run('sh', ['-c', script], { PATH: pathOf(site), ...variables });
    expect(ran, ran.stderr).toMatchObject({ code: 5, stdout: expect.stringMatching(/^it's [a-z]/) });
    await untilGone(shared(), /it's (\S+)/.exec(ran.stdout)?.[1] ?? '');
  });
});

function valuesOf(file: string): Readonly<Record<string, string>> {
  if (!existsSync(file)) return {};
  const found = readFileSync(file, 'utf8').matchAll(/^(.+?)<<(ocpctl-\S+)\n(.*?)\n\2$/gms);
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]));
}

async function finished(child: ReturnType<typeof spawn>): Promise<Finished> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  // Not 'close': what it started may have its streams for longer.
  return new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve({ code: code ?? signal, stdout, stderr })),
  );
}
