import type { AppService, Job } from '../../contract/documents.ts';
import { serviceRecord } from '../../render/app.ts';
import { durationMs } from '../flags/flag-values.ts';
import { IDEMPOTENCY_KEY_FLAG, WAIT_TIMEOUT_FLAG, waitFlag } from '../flags/shared-flags.ts';
import { sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';
import { SERVICE_LOCATION_FLAGS } from './app-flags.ts';
import { awaitAppJob } from './await-app-job.ts';
import { fetchService, resolveService, serviceCommand } from './resolve-service.ts';

/** Of commands that change a service. @param until what they wait for */
export const changeFlags = (until: string) => ({
  ...waitFlag(until),
  ...SERVICE_LOCATION_FLAGS,
  ...IDEMPOTENCY_KEY_FLAG,
  ...WAIT_TIMEOUT_FLAG,
});
export const CHANGE_FLAGS = changeFlags('it is done');

export interface ChangeFlags {
  readonly wait: boolean;
  readonly timeout: string;
  readonly env?: string | undefined;
  readonly team?: string | undefined;
  readonly 'idempotency-key'?: string | undefined;
}

/** Requests a change of the instances of a service, follows it unless that is not wanted, and prints the service. */
export async function changeService(
  session: Session,
  reference: string,
  flags: ChangeFlags,
  request: (
    id: string,
    key: string,
    service: AppService,
  ) => Promise<{ readonly data: { readonly service: AppService; readonly job: Job } }>,
): Promise<AppService> {
  const timeoutMs = durationMs('timeout', flags.timeout);
  const found = await resolveService(session.client, reference, flags);
  const { id } = found;
  const { data } = await sendOnce({ flags, check: `ocpctl app get ${reference}` }, (key) =>
    request(id, key, found),
  );
  const { name } = data.service;
  const service = flags.wait
    ? await awaitAppJob(session, data.job, {
        name,
        timeoutMs,
        hint: `'${serviceCommand(data.service)}' shows the instances`,
        fetch: (signal) => fetchService(session.client, id, signal),
      })
    : data.service;
  await session.print(serviceRecord(service, session.io.now()));
  if (!flags.wait) session.note(`Accepted. To wait for it: 'ocpctl wait ${data.job.id}'.`);
  return service;
}
