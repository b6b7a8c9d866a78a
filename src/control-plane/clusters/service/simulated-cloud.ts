import { AppError } from '../../kernel/errors.ts';
import type { Cloud } from '../clouds/cloud.ts';
import type { ClusterServices } from './cluster-services.ts';

/** It belongs to all teams together, as the scope of its operations says. @throws AppError NOT_FOUND on a server whose clouds are real */
export function simulatedCloud({ clouds }: Pick<ClusterServices, 'clouds'>): Cloud {
  if (clouds.mode === 'sandbox') return clouds.byKind('sandbox');
  throw new AppError('NOT_FOUND', 'This server has no simulated cloud.');
}
