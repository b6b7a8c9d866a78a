import { string } from '@oclif/core/flags';
import type { components } from '../../contract/api.gen.ts';
import type { AppDeployment } from '../../contract/documents.ts';
import { UsageError } from '../errors/cli-error.ts';
import { readInputText, readTextFile } from '../input-file.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { resolveEnvironment, resolveService, serviceCommand } from './resolve-service.ts';
import { variablesOfFile } from './variable-words.ts';

type Changes = components['schemas']['AppVariableChanges'];

export const SHARED_FLAG = {
  shared: string({
    description: 'Variables that all services of this environment get, instead of those of a service',
    helpValue: 'ENV',
  }),
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

/** Sends changes. @returns the names that changed, and the deployment that they caused */
export async function changeVariables(
  session: Session,
  { kind, id, name }: VariableOwner,
  changes: Changes,
  flags: { readonly 'idempotency-key'?: string | undefined },
): Promise<{ readonly changed: readonly string[]; readonly deployment: AppDeployment | null }> {
  const { data } = await sendOnce(
    { flags, check: `ocpctl app var list ${kind === 'environments' ? '--shared ' : ''}${name}` },
    (key) =>
      session.client.POST(`/v1/app/${kind}/{id}/variables`, {
        params: { path: { id }, header: { 'idempotency-key': key } },
        body: changes,
      }),
  );
  return data;
}

/** Says what changed and what follows from it. */
export function noteVariables(
  session: Session,
  owner: VariableOwner,
  changed: readonly string[],
  deployment: AppDeployment | null,
): void {
  if (changed.length === 0) {
    session.note('Nothing changed.');
    return;
  }
  session.note(`Changed: ${changed.join(', ')}.`);
  if (deployment !== null && owner.kind === 'services')
    session.note(
      `A release with the new values is being deployed without a build: '${serviceCommand(owner)}' shows it.`,
    );
}
