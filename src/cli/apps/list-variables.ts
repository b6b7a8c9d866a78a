import type { AppVariableDocument } from '../../contract/documents.ts';
import { variableList } from '../../render/app-plan.ts';
import type { ListView } from '../../render/view.ts';
import type { Session } from '../session.ts';
import type { VariableOwner } from './variables.ts';

/** The variables of a service or environment as a table of names. */
export async function listOfVariables(
  session: Session,
  { kind, id }: VariableOwner,
): Promise<ListView<AppVariableDocument>> {
  const { data } = await session.client.GET(`/v1/app/${kind}/{id}/variables`, { params: { path: { id } } });
  return variableList(data.items, session.io.now());
}
