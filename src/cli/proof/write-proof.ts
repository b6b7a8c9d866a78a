import type { components } from '../../contract/api.gen.ts';
import { recordView } from '../../render/view.ts';
import type { Session } from '../session.ts';

/**
 * Prints a proof as the server sent it, whatever the terminal: it is for `ocpctl proof verify` and other verifiers.
 * @param name for `-o name`
 */
export async function writeProof(
  session: Session,
  name: string,
  proof: components['schemas']['DestroyProof'],
): Promise<void> {
  const view = recordView({ document: proof, name, blocks: [] });
  await session.printText(`${JSON.stringify(proof, null, 2)}\n`, view);
}
