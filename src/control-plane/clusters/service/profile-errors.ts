import { closestMatch } from '../../../contract/closest-match.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Profile } from '../profiles/profile.ts';
import type { ClusterServices } from './cluster-services.ts';

export function notConnected(services: ClusterServices, { name, platform }: Profile): AppError {
  const allowed = services.profiles
    .list()
    .filter((profile) => profile.enabled && services.clouds.forPlatform(profile.platform))
    .map((profile) => profile.name);
  return new AppError(
    'POLICY_VIOLATION',
    `This server is not connected to ${platform}, where profile ${name} is made.`,
    {
      errors: [
        {
          field: 'profile',
          code: 'PLATFORM_NOT_CONNECTED',
          message: `this server is not connected to ${platform}`,
          allowed,
        },
      ],
    },
  );
}

export function unknownProfile(services: ClusterServices, name: string): AppError {
  const names = services.profiles.list().flatMap((profile) => (profile.enabled ? [profile.name] : []));
  const guess = closestMatch(name, names);
  const message = `There is no profile ${name}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`;
  return new AppError('POLICY_VIOLATION', message, {
    errors: [
      { field: 'profile', code: 'UNKNOWN_PROFILE', message: `there is no profile ${name}`, allowed: names },
    ],
  });
}
