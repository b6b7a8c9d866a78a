import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { clusterOf } from './support/documents.ts';
import { startCli } from './support/run-cli.ts';
import { pageResponse, type StubResponse, startStubServer } from './support/stub-server.ts';

const [a, b, c] = ['a', 'b', 'c'].map((name) => clusterOf({ name, id: `clu_${name.repeat(26)}` }));
if (a === undefined || b === undefined || c === undefined) throw new Error('three clusters');
const failed = { ...b, status: 'FAILED' as const };

/** Answers one after the other; the last one again and again. */
async function watched(
  answers: readonly StubResponse[],
  argv: readonly string[],
  last: { readonly stdout: string } | { readonly stderr: string },
) {
  let asked = 0;
  await using server = await startStubServer({
    'GET /v1/clusters': () => answers[Math.min(asked++, answers.length - 1)] ?? pageResponse([]),
  });
  const run = startCli(['list', '--watch', ...argv], server.env);
  await ('stdout' in last ? run.stdoutHas(last.stdout) : run.stderrHas(last.stderr));
  run.child.kill('SIGINT');
  const { stdout, stderr, code } = await run.finished;
  expect(code).toBe(130);
  return { stdout, stderr };
}

const CHANGES = [pageResponse([a, b]), pageResponse([a, b]), pageResponse([c, a, failed])];

describe('list --watch', () => {
  it('prints the rows, then those that changed, in their columns', async () => {
    const { stdout } = await watched(CHANGES, ['--columns', 'name,status'], { stdout: 'FAILED' });
    expect(stdout).toBe('NAME  STATUS\na     READY\nb     READY\nc     READY\nb     FAILED\n');
  });

  it('does not repeat a row whose cost alone has grown', async () => {
    const dearer = { ...a, costToDate: a.costToDate + 1 };
    const answers = [pageResponse([a, b]), pageResponse([dearer, b]), pageResponse([dearer, failed])];
    const { stdout } = await watched(answers, ['--columns', 'name,status'], { stdout: 'FAILED' });
    expect(stdout).toBe('NAME  STATUS\na     READY\nb     READY\nb     FAILED\n');
  });

  it('as CSV has one header', async () => {
    const { stdout } = await watched(CHANGES, ['--columns', 'name,status', '-o', 'csv'], {
      stdout: 'FAILED',
    });
    expect(stdout).toBe('name,status\na,READY\nb,READY\nc,READY\nb,FAILED\n');
  });

  it('as JSON is one line for each change, also of a query', async () => {
    const { stdout } = await watched(CHANGES, ['--json'], { stdout: 'FAILED' });
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).items.length),
    ).toEqual([2, 3]);
    const queried = await watched(CHANGES, ['--json', '--query', 'items[].status'], { stdout: 'FAILED' });
    expect(queried.stdout).toBe('["READY","READY"]\n["READY","READY","FAILED"]\n');
  });

  it('as YAML is a stream of documents', async () => {
    const { stdout } = await watched(CHANGES, ['-o', 'yaml'], { stdout: 'FAILED' });
    expect(stdout.match(/^---$/gm)).toHaveLength(2);
    expect(parseAllDocuments(stdout).map((document) => document.toJS())).toMatchObject([
      { items: [{ name: 'a' }, {}] },
      { items: [{ name: 'c' }, {}, {}] },
    ]);
  });

  it('as names prints those that changed', async () => {
    const { stdout } = await watched(CHANGES, ['-o', 'name'], { stdout: 'c\nb\n' });
    expect(stdout).toBe('a\nb\nc\nb\n');
  });

  it('says which rows are gone', async () => {
    const gone = [pageResponse([a, b]), pageResponse([a])];
    const { stderr } = await watched(gone, ['--columns', 'name'], {
      stderr: 'b is not in the list any more.',
    });
    expect(stderr).not.toContain('a is not');
  });

  it('goes on when the server was away', async () => {
    let isAway = false;
    let reads = 0;
    await using server = await startStubServer({
      'GET /v1/clusters': (): StubResponse => {
        if (isAway) return { stream: (response) => response.destroy() };
        if (reads++ > 0) return pageResponse([c]);
        isAway = true;
        return pageResponse([a]);
      },
    });
    const run = startCli(['list', '--watch', '-o', 'name'], server.env);
    await run.stderrHas('retrying');
    isAway = false;
    await run.stdoutHas('c\n');
    run.child.kill('SIGINT');
    const { stdout, stderr } = await run.finished;
    expect(stdout).toBe('a\nc\n');
    expect(stderr).toMatch(
      /^\S+ connection lost \d+m?s ago, retrying \(connection \w+\)\n\S+ connected again\na is not in the list any more\.\n.*INTERRUPTED/,
    );
  });
});
