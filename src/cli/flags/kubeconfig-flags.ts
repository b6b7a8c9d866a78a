import { boolean, string } from '@oclif/core/flags';

export const KUBECONFIG_FILE_FLAG = {
  file: string({
    description: 'Kubeconfig to change (default: the first of KUBECONFIG, or ~/.kube/config)',
    helpValue: 'FILE',
  }),
};

/** Of the commands that add clusters. */
export const KUBECONFIG_FLAGS = {
  ...KUBECONFIG_FILE_FLAG,
  exec: boolean({
    description:
      "Store no key: kubectl and oc run 'ocpctl kubeconfig credential' each time, and each time is in the audit log",
  }),
  reason: string({ description: 'Reason for the access, recorded in the audit log', helpValue: 'TEXT' }),
};
