import { AppError } from '../../kernel/errors.ts';
import type { Cloud } from '../clouds/cloud.ts';
import type { ClusterWing } from './wing.ts';

/** It belongs to all teams together, as the scope of its operations says. @throws AppError NOT_FOUND on a server whose clouds are real */
export function simulatedCloud({ clouds }: Pick<ClusterWing, 'clouds'>): Cloud {
  if (clouds.mode === 'sandbox') return clouds.holding('sandbox');
  throw new AppError('NOT_FOUND', 'This server has no simulated cloud.');
}
