import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

/** @returns an input of the step: https://docs.github.com/actions/reference/workflows-and-actions/metadata-syntax#inputs */
export function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
}

/** Appends to a file of the runner, such as GITHUB_ENV; the delimiter is one that no value can contain. */
export function tell(file, values) {
  const path = process.env[file];
  if (path === undefined)
    throw new Error(`${file} is not set: this is an action of GitHub, run by its runner`);
  const delimiter = `ocpctl-${randomUUID()}`;
  const entries = Object.entries(values).map(
    ([name, value]) => `${name}<<${delimiter}\n${value}\n${delimiter}\n`,
  );
  appendFileSync(path, entries.join(''));
}

/** Runs ocpctl; what it says goes to the log of the step. @returns what it printed @throws when it fails */
export function ocpctl(...argv) {
  const { status, signal, stdout, error } = spawnSync('ocpctl', argv, {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (error?.code === 'ENOENT')
    throw new Error("ocpctl is not on PATH; add a step before this one: 'npm install --global ocpctl'");
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`ocpctl ${argv[0]} ended with ${signal ?? status}`);
  return stdout.trim();
}

/** Runs a step; an error becomes an annotation of the job. */
export function step(work) {
  try {
    work();
  } catch (error) {
    // https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands: a line ends the command
    process.stdout.write(`::error::${error.message.replaceAll('%', '%25').replaceAll('\n', '%0A')}\n`);
    process.exitCode = 1;
  }
}
