/** Problems around the installer, before it runs and after; stable, because they are error codes of jobs. */
export type InstallerErrorCode =
  | 'CREDENTIAL_TOOL_MISSING'
  | 'CREDENTIALS_REQUESTS_INVALID'
  | 'DISK_TOO_SMALL'
  | 'ENVIRONMENT_REFUSED'
  | 'INSTALL_DIR_EXISTS'
  | 'INSTALL_DIR_NAME_INVALID'
  | 'INSTALLER_ARCHIVE_CORRUPT'
  | 'INSTALLER_CHECKSUM_MISMATCH'
  | 'INSTALLER_DOWNLOAD_FAILED'
  | 'INSTALLER_NOT_FOUND'
  | 'INSTALLER_SIGNATURE_INVALID'
  | 'INSTALLER_VERSION_UNREADABLE'
  | 'INSTALLER_VERSION_UNKNOWN'
  | 'KUBEADMIN_PASSWORD_MISSING'
  | 'KUBECONFIG_INVALID'
  | 'KUBECONFIG_MISSING'
  | 'MACHINE_SETS_UNREADABLE'
  | 'MANIFEST_CONFLICT'
  | 'METADATA_INVALID'
  | 'METADATA_MISSING'
  | 'POOL_ZONE_MISSING'
  | 'STATE_FILE_INVALID'
  | 'WORK_FOLDER_UNUSABLE';

/** A problem around the installer, not of an install: a code, a sentence, and what to do. */
export class InstallerError extends Error {
  readonly code: InstallerErrorCode;
  readonly hint: string | undefined;

  constructor(code: InstallerErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'InstallerError';
    this.code = code;
    this.hint = options.hint;
  }
}
