import { type Caller, type Role, teamsWith } from '../../kernel/access/caller.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Cloud } from '../clouds/cloud.ts';
import type { ClusterWing } from './wing.ts';

/** The simulated cloud belongs to all teams together. @throws AppError FORBIDDEN without one of the roles in all of them */
export function requireAllTeams(caller: Caller, roles: readonly Role[]): void {
  if (teamsWith(caller, roles) === null) return;
  throw new AppError('FORBIDDEN', `${caller.principal} may not reach what belongs to all teams.`, {
    errors: [
      {
        field: 'principal',
        code: 'TEAM_MISSING',
        message: 'the role is needed in all teams',
        allowed: ['*'],
      },
    ],
  });
}

/** @throws AppError NOT_FOUND on a server whose clouds are real */
export function simulatedCloud({ clouds }: Pick<ClusterWing, 'clouds'>): Cloud {
  if (clouds.mode === 'sandbox') return clouds.holding('sandbox');
  throw new AppError('NOT_FOUND', 'This server has no simulated cloud.');
}
