import type { ApiAccess } from './kube-client.ts';

/** An API server that the suite runs against. It has the namespace openshift-machine-api, and no controllers that change MachineSets. */
export interface SuiteTarget {
  readonly name: 'sandbox' | 'kube-apiserver';
  readonly access: ApiAccess;
  close(): Promise<void>;
}
