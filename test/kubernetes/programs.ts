import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface KubernetesPrograms {
  readonly etcd: string;
  readonly apiserver: string;
  readonly kubectl: string;
}

/** What `npm run test:kubernetes` builds. @throws Error if something is missing */
export function kubernetesPrograms(): KubernetesPrograms {
  const folder =
    process.env['OCPCTL_KUBERNETES_DIR'] ?? join(homedir(), '.cache', 'ocpctl-tests', 'kubernetes-1.33.13');
  const programs = {
    etcd: join(folder, 'etcd'),
    apiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
  for (const file of Object.values(programs))
    if (!existsSync(file))
      throw new Error(`${file} is missing: run npm run test:kubernetes, which builds it`);
  return programs;
}
