import type { InstallConfigProblem } from './install-config-problem.ts';
import { type InstallConfigSpec, renderInstallConfig } from './render-install-config.ts';
import { validateInstallConfig } from './validate-install-config.ts';

/** Valid in form. The real pull secret is only read by the create job. */
const PLACEHOLDER_PULL_SECRET = '{"auths":{"registry.invalid":{"auth":"cGxhY2Vob2xkZXI="}}}';

/** @returns what the installer or the cloud would reject in the install-config of a create; the pull secret is not checked. */
export function checkInstallConfig(spec: Omit<InstallConfigSpec, 'pullSecret'>): InstallConfigProblem[] {
  return validateInstallConfig(renderInstallConfig({ ...spec, pullSecret: PLACEHOLDER_PULL_SECRET }));
}
