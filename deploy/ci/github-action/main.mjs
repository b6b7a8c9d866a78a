import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { input, ocpctl, step, tell } from './runner.mjs';

step(() => {
  const name = input('name') || generatedName();
  ocpctl('create', name, ...createArguments());
  const id = ocpctl('get', name, '-o', 'value=id');
  // From here on post.mjs destroys it, also when this step is cancelled or fails. Before that, the keepalive ends it.
  tell('GITHUB_STATE', { cluster: id });
  tell('GITHUB_STATE', { keepalive: keepAlive(id) });
  ocpctl('wait', id, '--for', 'ready', '--timeout', input('timeout') || '2h');
  const kubeconfig = join(process.env.RUNNER_TEMP ?? '.', `kubeconfig-${id}`);
  ocpctl('outputs', id, '--kubeconfig', kubeconfig);
  const { apiUrl, consoleUrl } = JSON.parse(ocpctl('outputs', id, '--json'));
  tell('GITHUB_STATE', { kubeconfig });
  tell('GITHUB_ENV', {
    KUBECONFIG: kubeconfig,
    OCPCTL_CLUSTER_ID: id,
    OCPCTL_CLUSTER_NAME: name,
    OCPCTL_API_URL: apiUrl,
    OCPCTL_CONSOLE_URL: consoleUrl,
  });
  tell('GITHUB_OUTPUT', { id, name, kubeconfig, 'api-url': apiUrl, 'console-url': consoleUrl });
});

function createArguments() {
  const ttl = input('ttl');
  return [
    ...['--profile', input('profile')],
    ...['--keepalive', input('keepalive') || '15m'],
    ...(ttl === '' ? [] : ['--ttl', ttl]),
    ...input('arguments')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  ];
}

/** Unique among all repositories that use the server, and short enough for every cloud. */
function generatedName() {
  const { GITHUB_RUN_ID = '0', GITHUB_RUN_ATTEMPT = '1' } = process.env;
  return `ci-${GITHUB_RUN_ID}-${GITHUB_RUN_ATTEMPT}-${randomBytes(2).toString('hex')}`;
}

/** Renews the keepalive while the job runs. The runner ends the process with the job, or dies with it. @returns its pid */
function keepAlive(id) {
  const log = openSync(join(process.env.RUNNER_TEMP ?? '.', `keepalive-${id}.log`), 'a');
  const child = spawn('ocpctl', ['keepalive', id], { detached: true, stdio: ['ignore', log, log] });
  child.unref();
  return child.pid;
}
