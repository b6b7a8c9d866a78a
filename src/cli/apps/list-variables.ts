import type { AppVariableDocument } from '../../contract/documents.ts';
import { variableList } from '../../render/app-plan.ts';
import type { ListView } from '../../render/view.ts';
import type { Session } from '../session.ts';

/** The variables of a service or environment as a table of names. */
export async function listOfVariables(
  session: Session,
  { kind, id }: { readonly kind: 'services' | 'environments'; readonly id: string },
): Promise<ListView<AppVariableDocument>> {
  const { data } = await session.client.GET(`/v1/app/${kind}/{id}/variables`, { params: { path: { id } } });
  return variableList(data.items, session.io.now());
}
