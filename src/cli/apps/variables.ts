import { string } from '@oclif/core/flags';
import type { components } from '../../contract/api.gen.ts';
import { UsageError } from '../errors/cli-error.ts';
import { durationMs } from '../flags/flag-values.ts';
import { readInputText, readTextFile } from '../input-file.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { type ChangeFlags, changeFlags } from './change-service.ts';
import { awaitDeployment } from './deploy.ts';
import { listOfVariables } from './list-variables.ts';
import { fetchService, resolveEnvironment, resolveService, serviceCommand } from './resolve-service.ts';
import { variablesOfFile } from './variable-words.ts';

type Changes = components['schemas']['AppVariableChanges'];

export const SHARED_FLAG = {
  shared: string({
    description: 'Variables that all services of this environment get, instead of those of a service',
    helpValue: 'ENV',
  }),
};

export const VARIABLE_CHANGE_FLAGS = {
  ...SHARED_FLAG,
  ...changeFlags('the release with the new values is live'),
};

export interface VariableOwner {
  readonly kind: 'services' | 'environments';
  readonly id: string;
  readonly name: string;
  readonly environment: { readonly name: string };
}

/** The service or, with --shared, the environment. @throws UsageError unless exactly one of them is named */
export async function variableOwner(
  session: Session,
  service: string | undefined,
  flags: { shared?: string | undefined; env?: string | undefined; team?: string | undefined },
): Promise<VariableOwner> {
  if (flags.shared !== undefined) {
    const { id, name } = await resolveEnvironment(session.client, flags.shared, flags);
    return { kind: 'environments', id, name, environment: { name } };
  }
  if (service === undefined)
    throw new UsageError('missing service', { hint: 'name one, or pass --shared ENV' });
  const { id, name, environment } = await resolveService(session.client, service, flags);
  return { kind: 'services', id, name, environment };
}

/** Those of a .env file, or of stdin for `-`. @throws UsageError */
export async function readVariablesFile(session: Session, file: string): Promise<Record<string, string>> {
  const text = file === '-' ? await readInputText(session.io.stdin, 'stdin') : await readTextFile(file);
  return variablesOfFile(text, file === '-' ? 'stdin' : file);
}

/** Changes variables, waits for the release that has them, and prints the list. @throws OperationFailedError when it does not become live */
export async function changeVariables(
  session: Session,
  owner: VariableOwner,
  changes: Changes,
  flags: ChangeFlags,
): Promise<void> {
  const { kind, id, name } = owner;
  const timeoutMs = durationMs('timeout', flags.timeout);
  const { data } = await sendOnce(
    { flags, check: `ocpctl app var list ${kind === 'environments' ? '--shared ' : ''}${name}` },
    (key) =>
      session.client.POST(`/v1/app/${kind}/{id}/variables`, {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: changes,
      }),
  );
  const { changed, deployment } = data;
  session.note(changed.length === 0 ? 'Nothing changed.' : `Changed: ${changed.join(', ')}.`);
  if (deployment !== null && kind === 'services') {
    const service = await fetchService(session.client, id);
    if (flags.wait) await awaitDeployment(session, { deployment, service }, timeoutMs);
    else
      session.note(
        `A release with the new values is being deployed without a build: '${serviceCommand(owner)}' shows it.`,
      );
  }
  await session.print(await listOfVariables(session, owner));
}
