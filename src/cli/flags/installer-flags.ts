import { resolve } from 'node:path';
import { string } from '@oclif/core/flags';
import { omitUndefined } from './flag-values.ts';

/** Where a server of this host keeps its data. */
export const DATA_FLAG = {
  data: string({
    description:
      'Directory for keys, artifacts and the embedded database (default: ~/.local/share/ocpctl; env: OCPCTL_DATA_DIR)',
    helpValue: 'DIR',
  }),
};

/** Flags of `server` and `server installers` that locate the installers of a host. */
export const INSTALLER_FLAGS = {
  ...DATA_FLAG,
  installer: string({
    description:
      'openshift-install binary, or a directory of them; can be repeated (default: downloaded; env: OCPCTL_INSTALLERS)',
    helpValue: 'PATH',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** Settings from these flags; paths are resolved against the current directory. */
export function installerSettings(flags: {
  readonly data?: string | undefined;
  readonly installer?: readonly string[] | undefined;
}): { dataDir?: string; installers?: string[] } {
  return omitUndefined({
    dataDir: flags.data === undefined ? undefined : resolve(flags.data),
    installers: flags.installer?.map((path) => resolve(path)),
  });
}
