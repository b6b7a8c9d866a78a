import type { OffhoursDocument } from '../../contract/documents.ts';
import { scalesNow } from '../../render/offhours-scales.ts';
import type { Session } from '../session.ts';

/** Says what a change of working hours scales now, and when no cluster follows them at all. @param verb for example `Would scale` */
export function noteEffect(session: Session, offhours: OffhoursDocument, verb: string): void {
  const { team, clusters, scales } = offhours;
  const now = session.io.now();
  const due = scalesNow(offhours, now);
  if (due !== undefined) session.note(`${verb} ${due}.`);
  else if (clusters === 0 && scales.length === 0)
    session.note(
      `No cluster of team ${team} has opted in, so nothing is scaled: 'ocpctl create --offhours' or 'ocpctl offhours opt-in NAME' opts one in.`,
    );
  else session.note('No cluster is scaled now.');
}
