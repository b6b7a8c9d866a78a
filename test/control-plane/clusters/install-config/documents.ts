import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';

export const SUBNET = 'subnet-0123456789abcdef0';
export const UUID = '7746c915-cc90-4850-905d-f0228526b226';

export type Document = Record<string, unknown>;

/** @returns a smallest document on a platform, with more on top. */
export function config(platform: Document, more: Document = {}): Document {
  return {
    apiVersion: 'v1',
    metadata: { name: 'demo' },
    baseDomain: 'example.com',
    platform,
    pullSecret: '{"auths":{"quay.io":{"auth":"c2VjcmV0OnNlY3JldA=="}}}',
    ...more,
  };
}

export const aws = (more: Document = {}, platform: Document = {}) =>
  config({ aws: { region: 'us-east-1', ...platform } }, more);
export const ibm = (more: Document = {}, platform: Document = {}) =>
  config({ ibmcloud: { region: 'us-south', ...platform } }, { credentialsMode: 'Manual', ...more });
export const openstack = (more: Document = {}, platform: Document = {}) =>
  config({ openstack: { cloud: 'c', ...platform } }, more);
export const controlPlane = (platform: Document, more: Document = {}) => ({
  controlPlane: { name: 'master', replicas: 3, platform, ...more },
});

/** @returns `field Type` of each problem, sorted; `FieldValue` is cut off. */
export function problems(document: unknown): string[] {
  return validateInstallConfig(document)
    .map(({ field, type }) => `${field} ${type.replace('FieldValue', '')}`)
    .sort();
}
