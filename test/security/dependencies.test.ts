import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { report, reportSkipped, runTool } from './tools.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface Audit {
  readonly vulnerabilities?: Record<string, { severity: string; range: string }>;
  readonly metadata?: { dependencies: { prod: number } };
  readonly message?: string;
  readonly error?: { summary?: string };
}

test('npm audit: no known vulnerability in what is installed with us', async ({ skip }) => {
  const audit = ['audit', '--omit=dev', '--package-lock-only', '--json'];
  const { output } = await runTool('npm', audit, { cwd: ROOT, timeoutMs: 60_000 });
  const answer = parse(output);
  if (answer.vulnerabilities === undefined) {
    const [why = ''] = (answer.message ?? answer.error?.summary ?? 'nothing came back').split(' - ');
    reportSkipped('npm audit', `not answered by the registry (${why})`);
    return skip('not answered');
  }
  const found = Object.entries(answer.vulnerabilities).map(
    ([name, { severity, range }]) => `${name} ${range}: ${severity}`,
  );
  const tried = `${answer.metadata?.dependencies.prod ?? 'all'} production dependencies`;
  report('npm audit', tried, found.length === 0 ? 'nothing known' : found.join(', '));
  expect(found).toEqual([]);
});

/** Warnings of npm may stand before and after the document. */
function parse(output: string): Audit {
  const start = output.indexOf('{');
  const end = output.lastIndexOf('}');
  try {
    return JSON.parse(output.slice(start, end + 1)) as Audit;
  } catch {
    return {};
  }
}
