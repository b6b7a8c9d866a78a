import { resolve } from 'node:path';
import { string } from '@oclif/core/flags';
import { omitUndefined } from '../omit-undefined.ts';

/** The flags by which `server` and `server installers` find the installers of a host. */
export const INSTALLER_FLAGS = {
  data: string({ description: 'folder for keys, artifacts and the embedded database', helpValue: 'DIR' }),
  installer: string({
    description: 'an openshift-install or a folder of them, repeatable; others are downloaded',
    helpValue: 'PATH',
    multiple: true,
    multipleNonGreedy: true,
  }),
};

/** The settings that these flags give; paths are from here, wherever a server runs. */
export function installerSettings(flags: {
  readonly data?: string | undefined;
  readonly installer?: readonly string[] | undefined;
}): { dataDir?: string; installers?: string[] } {
  return omitUndefined({
    dataDir: flags.data === undefined ? undefined : resolve(flags.data),
    installers: flags.installer?.map((path) => resolve(path)),
  });
}
