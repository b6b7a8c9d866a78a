import { switchedOffhours } from '../../render/offhours.ts';
import { resolveCluster } from '../clusters/resolve.ts';
import { type SendOnceOptions, sendOnce } from '../send-once.ts';
import type { Session } from '../session.ts';

/** Opts a cluster in to or out of the off-hours of its team, and prints when it scales next. */
export async function switchOffhours(
  session: Session,
  reference: string,
  { optIn, ...flags }: SendOnceOptions['flags'] & { readonly optIn: boolean },
): Promise<void> {
  const cluster = await resolveCluster(session.client, reference);
  const { id, name } = cluster;
  session.actOn({ cluster });
  const { data } = await sendOnce({ flags, check: `ocpctl get ${name}` }, (key) =>
    session.client.POST('/v1/clusters/{id}/offhours', {
      params: { path: { id }, header: { 'idempotency-key': key } },
      body: { optIn },
    }),
  );
  await session.print(switchedOffhours(data, session.io.now()));
  const { team, offhours } = data.cluster;
  if (offhours?.optedIn && offhours.schedule === null)
    session.note(
      `Team ${team} has no off-hours yet, so the workers stay. A platform admin of the team sets them: 'ocpctl offhours set ${team}'.`,
    );
  if (offhours?.optedIn && offhours.workersInHours === 0)
    session.note(
      `${name} has no workers, so there is nothing to scale: 'ocpctl scale ${name} --workers N' gives it some.`,
    );
}
