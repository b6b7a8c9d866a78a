import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createCluster } from '../e2e/clusters.ts';
import { openSecuritySite } from './open-security-site.ts';
import { installPython, report, reportSkipped, runTool } from './tools.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const CONTRACT = fileURLToPath(new URL('../../openapi.yaml', import.meta.url));
/** It stops by itself then; how much it tries in that time depends on the machine. */
const BUDGET_SECONDS = 90;

test('schemathesis: every operation answers as openapi.yaml says, whatever it is sent', async ({ skip }) => {
  const requirements = (await readFile(join(HERE, 'requirements.txt'), 'utf8')).trim().split('\n');
  const python = await installPython(requirements).catch((error: Error) => error);
  if (python instanceof Error) {
    reportSkipped('schemathesis', `it could not be installed (${python.message.split('\n')[0]})`);
    return skip('not installed');
  }
  const site = openSecuritySite();
  const server = await site.start();
  const client = site.client(server);
  const { cluster, job } = await createCluster(client, { name: 'known', profile: 'aws-minimal-test' });
  const { accessKeyId, secretAccessKey } = site.credentials();
  const folder = await mkdtemp(join(tmpdir(), 'ocpctl-schemathesis-'));
  try {
    const { code, output } = await runTool(
      join(python, 'bin', 'schemathesis'),
      [
        ...['--config-file', join(HERE, 'schemathesis.toml'), 'run', CONTRACT, '--url', server.url],
        ...['--checks', 'all', '--seed', '1', '--max-time', String(BUDGET_SECONDS), '--continue-on-failure'],
        ...['--warnings', 'off', '--no-color'],
      ],
      {
        // It keeps notes where it runs.
        cwd: folder,
        env: {
          PYTHONDONTWRITEBYTECODE: '1',
          SCHEMATHESIS_HOOKS: join(HERE, 'hooks.py'),
          OCPCTL_ACCESS_KEY_ID: accessKeyId,
          OCPCTL_SECRET_ACCESS_KEY: secretAccessKey,
          OCPCTL_REGION: 'local',
          OCPCTL_KNOWN_CLUSTER: cluster.id,
          OCPCTL_KNOWN_JOB: job.id,
        },
        timeoutMs: 300_000,
      },
    );
    const cases = /(\d+) generated/.exec(output)?.[1] ?? '0';
    const operations = /Tested: +(\d+)/.exec(output)?.[1] ?? '0';
    const answers = answersIn(server.log());
    const byStatus = [...answers].sort().map(([status, times]) => `${status}: ${times}`);
    report(
      'schemathesis',
      `${cases} signed cases on ${operations} operations (answers ${byStatus.join(', ')})`,
      code === 0 ? 'nothing' : failuresIn(output),
    );
    expect(code, output).toBe(0);
    expect(Number(operations)).toBeGreaterThan(15);
    // Signed by a library that is not ours, and let in.
    expect(answers.get(200) ?? 0).toBeGreaterThan(10);
    expect([...answers.keys()].filter((status) => status >= 500)).toEqual([]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** In one line, since a log of CI may show no more: the operation, what was expected and the start of the answer of each. */
function failuresIn(output: string): string {
  const telling = /^(_{3,} .* _{3,}|- ST\d+ .*|\s+- violates .*|\[\d{3}\] .*|\s+`\{.*)$/;
  const lines = output.split('\n').filter((line) => telling.test(line));
  return lines.map((line) => line.replace(/_{3,}/g, '').trim().slice(0, 400)).join(' | ') || output.trim();
}

/** How often the server answered what, by its own log. */
function answersIn(log: string): Map<number, number> {
  const answers = new Map<number, number>();
  for (const line of log.split('\n')) {
    const [, status] = line.includes('"msg":"request"') ? (/"status":(\d+)/.exec(line) ?? []) : [];
    if (status !== undefined) answers.set(Number(status), (answers.get(Number(status)) ?? 0) + 1);
  }
  return answers;
}
