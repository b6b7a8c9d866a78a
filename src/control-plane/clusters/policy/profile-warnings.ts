import { hasExistingNetwork, type Profile } from '../profiles/profile.ts';

const UNREACHABLE =
  'the API of a private cluster answers only inside its VPC, and the installer creates a new VPC for it: the create fails after an hour unless the worker has a route into that VPC (use existing subnets that the worker can reach)';

/** @returns what makes creates of a profile fail in most installations, but not in all */
export function profileWarnings(profile: Profile): string[] {
  return profile.features.privateCluster && !hasExistingNetwork(profile) ? [UNREACHABLE] : [];
}
