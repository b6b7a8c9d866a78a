import { rmSync } from 'node:fs';
import { input, ocpctl, step } from './runner.mjs';

// Runs when the job ends, also when a step failed or the job was cancelled.
step(() => {
  const { STATE_cluster: cluster, STATE_keepalive: keepalive, STATE_kubeconfig: kubeconfig } = process.env;
  if (!cluster) {
    process.stdout.write('no cluster was created\n');
    return;
  }
  if (kubeconfig) rmSync(kubeconfig, { force: true });
  const { GITHUB_SERVER_URL = '', GITHUB_REPOSITORY = '', GITHUB_RUN_ID = '' } = process.env;
  const reason = `the job ended: ${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}`;
  const wait = input('wait-for-destroy') === 'true' ? ['--wait'] : [];
  try {
    ocpctl('destroy', cluster, '--yes', '--if-exists', '--reason', reason, ...wait);
  } finally {
    if (keepalive) endProcess(Number(keepalive));
  }
});

function endProcess(pid) {
  try {
    process.kill(pid);
  } catch (error) {
    // It ends by itself when the cluster is being destroyed.
    if (error.code !== 'ESRCH') throw error;
  }
}
