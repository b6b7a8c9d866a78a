import type { FailureExplanation } from '../../kernel/jobs/failure-codes.ts';
import type { InstallerErrorCode } from './installer-error.ts';

/** Problems around the installer: its program, its directory, oc and ccoctl. */
export const INSTALLER_FAILURES: Readonly<Record<InstallerErrorCode, FailureExplanation>> = {
  CREDENTIAL_TOOL_MISSING: {
    retried: true,
    isCounted: false,
    cause:
      '`oc` or `ccoctl` is not on the worker. Credentials mode `Manual` needs both, and a profile with `releaseImage` needs `oc`.',
    remedy: 'Install it in `/usr/local/bin`, or set `OCPCTL_OC` or `OCPCTL_CCOCTL`.',
  },
  CREDENTIALS_REQUESTS_INVALID: {
    retried: false,
    cause: 'What `oc` read from the release is not a list of CredentialsRequests.',
    remedy: 'Use an `oc` of the same version as the installer.',
  },
  DISK_TOO_SMALL: {
    retried: true,
    isCounted: false,
    cause:
      'The worker has less free disk than `minFreeDiskMb`, or none at all. It claims no creates meanwhile.',
    remedy: 'Free disk space below the data directory. `ocpctl admin workers` shows which worker it is.',
  },
  ENVIRONMENT_REFUSED: {
    retried: false,
    cause: 'A variable for the installer is not on its allow-list: a bug or a changed setting.',
    remedy: 'Check `installerVariables`.',
  },
  INSTALL_DIR_EXISTS: {
    retried: false,
    cause: 'The directory of this attempt exists already.',
    remedy: 'Check that no other installation uses the same data directory.',
  },
  INSTALL_DIR_NAME_INVALID: {
    retried: false,
    cause: 'The id of the job is not a valid directory name: a bug.',
    remedy: 'Report it.',
  },
  INSTALLER_ARCHIVE_CORRUPT: {
    retried: true,
    cause: 'The downloaded archive is damaged, or does not hold the program.',
    remedy: 'If it stays so, check the mirror (`OCPCTL_INSTALLER_MIRROR`).',
  },
  INSTALLER_CHECKSUM_MISMATCH: {
    retried: false,
    cause: 'A downloaded or cached installer does not have the SHA-256 that the mirror lists.',
    remedy: 'Do not use it. Check the mirror; `ocpctl server installers verify` checks the cache.',
  },
  INSTALLER_DOWNLOAD_FAILED: {
    retried: true,
    cause: 'The mirror does not answer, or the download broke off.',
    remedy: 'Check the network of the worker, or run `ocpctl server installers fetch VERSION`.',
  },
  INSTALLER_NOT_FOUND: {
    retried: true,
    cause: 'The worker has no `openshift-install` of the version, and downloads none.',
    remedy: 'Pass `--installer PATH`, or run `ocpctl server installers fetch VERSION` on the worker.',
  },
  INSTALLER_SIGNATURE_INVALID: {
    retried: false,
    cause: 'The checksums of the mirror are not signed by a key of `OCPCTL_INSTALLER_KEYRING`.',
    remedy: 'Do not use it. Check mirror and keyring.',
  },
  INSTALLER_VERSION_UNREADABLE: {
    retried: false,
    cause: 'A program given as installer does not print a version.',
    remedy: 'Run it with `version` on the worker: another architecture, or not an installer.',
  },
  INSTALLER_VERSION_UNKNOWN: {
    retried: false,
    cause: 'The mirror does not have the version.',
    remedy: 'Choose another version of the profile, or correct the mirror.',
  },
  KUBEADMIN_PASSWORD_MISSING: {
    retried: false,
    cause: 'The installer ended well, but wrote no password.',
    remedy: 'See the log of the job; create the cluster again.',
  },
  KUBECONFIG_INVALID: {
    retried: false,
    cause: 'The kubeconfig that the installer wrote cannot be used.',
    remedy: 'See the log of the job; create the cluster again.',
  },
  KUBECONFIG_MISSING: {
    retried: false,
    cause: 'The installer ended well, but wrote no kubeconfig.',
    remedy: 'See the log of the job; create the cluster again.',
  },
  MACHINE_SETS_UNREADABLE: {
    retried: false,
    cause:
      'The machine sets that the installer has written are not of the form that spot workers and further pools are made from.',
    remedy: 'Remove `compute.workers.spot` and `compute.pools` from the profile, or use a supported version.',
  },
  MANIFEST_CONFLICT: {
    retried: false,
    cause: 'A manifest of the profile has the file name, or is the object, of one that the installer writes.',
    remedy:
      'Rename the file, or remove it from `manifestsDir` of the profile. Use a field of the profile, or `installConfig`, to change what the installer writes.',
  },
  METADATA_INVALID: {
    retried: false,
    cause: '`metadata.json` of the installer is not of a known form.',
    remedy: 'Check that the version of the installer is one that the profile permits.',
  },
  METADATA_MISSING: {
    retried: false,
    cause: 'The install directory has no `metadata.json`.',
    remedy: '`ocpctl destroy NAME`: it restores a snapshot, or rebuilds the file from the database.',
  },
  POOL_ZONE_MISSING: {
    retried: false,
    cause: 'A pool of the profile names a zone in which the cluster has no subnet.',
    remedy: 'Correct `zones` of the pool: use zones of the subnets of the profile.',
  },
  STATE_FILE_INVALID: {
    retried: false,
    cause: 'The state file of the installer is not of a known form.',
    remedy: 'Check that the version of the installer is one that the profile permits.',
  },
  WORK_FOLDER_UNUSABLE: {
    retried: true,
    isCounted: false,
    cause:
      'The worker cannot write into its work folder: read-only, without permission, or broken. It claims no jobs meanwhile.',
    remedy: 'Make `work` in its data directory writable. `ocpctl admin workers` shows which worker it is.',
  },
};
