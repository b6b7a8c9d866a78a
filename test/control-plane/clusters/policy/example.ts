import { join } from 'node:path';
import type {
  ClusterRequest,
  PolicyCaller,
} from '../../../../src/control-plane/clusters/policy/cluster-request.ts';
import { loadProfiles } from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import type { AwsProfile, Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';

const SHIPPED = loadProfiles([join(import.meta.dirname, '../../../../profiles')]);
const EXAMPLES = loadProfiles([join(import.meta.dirname, '../../../../profiles/examples')]);

/** @returns a shipped profile, switched on. */
export function shippedProfile(name: string): Profile {
  const profile = SHIPPED.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return { ...profile, enabled: true };
}

/** @returns one of `profiles/examples`. */
export function exampleProfile(name: string): Profile {
  const profile = EXAMPLES.get(name);
  if (profile === undefined) throw new Error(`no profile ${name}`);
  return profile;
}

export function awsStandard(): AwsProfile {
  const profile = shippedProfile('aws-standard');
  if (profile.platform !== 'aws') throw new Error(`unexpected platform ${profile.platform}`);
  return profile;
}

export const alice: PolicyCaller = {
  principal: 'local:alice',
  teams: ['blue'],
  isAdmin: false,
  name: 'alice',
};
export const admin: PolicyCaller = { principal: 'local:root', teams: ['*'], isAdmin: true, name: 'root' };

export function request(more: Partial<ClusterRequest> = {}): ClusterRequest {
  return { name: 'demo', profile: 'aws-standard', ...more };
}

export const ED25519_KEY =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ4nS3tL0wRkJ2nqTz0v3S2uYF8mE0qg3j9bqv9l7xYz alice@example.com';
