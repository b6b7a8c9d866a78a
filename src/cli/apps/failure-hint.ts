import type { AppService } from '../../contract/documents.ts';
import { serviceCommand } from './resolve-service.ts';

interface Failure {
  readonly code: string;
  readonly message: string;
}

/** What to do about a deployment that failed; the command comes first, so that it can be pasted. */
export function failureHint(service: AppService, { code, message }: Failure): string {
  const command = serviceCommand(service);
  if (code === 'VARIABLES_UNRESOLVED') return referenceHint(message, service);
  if (code === 'CHECK_FAILED')
    return `the program must listen on the port in the variable PORT; '${command}' shows the deployment`;
  if (code === 'BUILD_FAILED')
    return `'ocpctl app logs ${service.name} --env ${service.environment.name} --build' shows the whole output`;
  return `'${command}' shows the deployment`;
}

/** What makes a reference resolvable that an error has. */
function referenceHint(message: string, { name, environment }: AppService): string {
  const [, kind, target] = /\$\{(db|service|shared)\.([\w-]+)/.exec(message) ?? [];
  const where = `--env ${environment.name}`;
  if (kind === 'db') return `create it with 'ocpctl app db create ${target} ${where}', then deploy again`;
  if (kind === 'service')
    return `'ocpctl app list ${where}' shows the services; deploy ${target} first, or correct the variable`;
  if (kind === 'shared')
    return `set it with 'ocpctl app var set --shared ${environment.name} ${target}=VALUE', then deploy again`;
  return `correct the variable with 'ocpctl app var set ${name} ${where} NAME=VALUE'`;
}
