import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { profileJsonSchema } from '../../scripts/pages/profile-schema.ts';
import { serialiseInstallConfig } from '../../src/control-plane/clusters/install-config/install-config-document.ts';
import { manifestPatches } from '../../src/control-plane/clusters/install-config/manifest-patches.ts';
import { renderInstallConfig } from '../../src/control-plane/clusters/install-config/render-install-config.ts';
import { installerNeed } from '../../src/control-plane/clusters/installer/installer-need.ts';
import { preflightRequestOf } from '../../src/control-plane/clusters/jobs/preflight-request.ts';
import { scaleProblems } from '../../src/control-plane/clusters/policy/scale.ts';
import { checkProfile } from '../../src/control-plane/clusters/profiles/check-profile.ts';
import type { Profile } from '../../src/control-plane/clusters/profiles/profile.ts';
import { monthlyLimit } from '../../src/control-plane/clusters/tasks/budgets.ts';
import { warningThreshold } from '../../src/control-plane/clusters/tasks/expiry.ts';
import { hourlyCost } from '../../src/control-plane/clusters/usage/hourly-cost.ts';
import { loadPrices } from '../../src/control-plane/clusters/usage/prices.ts';
import { specOf } from '../control-plane/clusters/install-config/example.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Fields of a profile that people read and no code decides by. */
const SHOWN_ONLY = ['description', 'displayName'];

/** What a profile with every optional field adds to the shipped ones. */
const IBM_SITE = `
    resourceGroup: clusters
    networkResourceGroup: network
    vpcName: shared
    controlPlaneSubnets: [one]
    computeSubnets: [two]`;

/** Read with the profile. */
const READ_AT_LOAD = ['additionalTrustBundleFile', 'manifestsDir'];

const VOLUME = '{ type: gp3, size: 120, iops: 3000 }';
const KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd';
const POOLS = `\
  pools:
    - { name: infra, instanceType: m6i.xlarge, replicas: 2, spot: true }
    - { name: edge, instanceType: m6i.xlarge, replicas: 1, zones: [us-east-1-bos-1a], rootVolume: ${VOLUME}, kmsKey: "${KEY}" }
`;
const EGRESS = `\
proxy: { httpProxy: "http://proxy.example.com", httpsProxy: "http://proxy.example.com", noProxy: .example.com }
additionalTrustBundlePolicy: Always
additionalTrustBundle: |
${readFileSync(join(ROOT, 'test/control-plane/clusters/install-config/certificate.pem'), 'utf8').replaceAll(/^/gm, '  ')}
`;

const RELEASE = `releaseImage: quay.io/ocp/release@sha256:${'a'.repeat(64)}\n`;

const SETTABLE = 'settable: [{ key: cpuPartitioningMode, type: string }]\n\n';

const AWS_SITE = `\
    subnets: [subnet-0a1b2c3d4e5f60718]
    hostedZone: Z0123456789ABCDEFGHIJ
    hostedZoneRole: arn:aws:iam::444455556666:role/cluster-zones
    zones: [us-east-1a]
`;

test('each field of a profile is read by the policy, the tags, the install-config, the price or the warning', () => {
  const declared = new Set<string>();
  for (const schema of profileJsonSchema()['oneOf'] as JsonSchema[]) leavesOf(schema, '', declared);

  const read = new Set<string>([...SHOWN_ONLY, ...READ_AT_LOAD]);
  const ibm = shipped('ibm-standard')
    .replace('ibmcloud: {}', `ibmcloud:${IBM_SITE}`)
    .replace('[us-south, us-east, eu-de]', '[us-south]');
  const aws = shipped('aws-standard')
    .replace('    rootVolume:', `${AWS_SITE}    rootVolume:`)
    .replace('[us-east-1, us-east-2, us-west-1, us-west-2]', '[us-east-1]')
    .replace('    minReplicas:', '    spot: true\n    scaleToZero: true\n    minReplicas:')
    .replace('lifecycle:', `installConfig: { featureSet: TechPreviewNoUpgrade }\n${SETTABLE}lifecycle:`);
  const pools = shipped('aws-standard')
    .replace('[us-east-1, us-east-2, us-west-1, us-west-2]', '[us-east-1]')
    .replaceAll(/^( +instanceType: .*)$/gm, `$1\n    rootVolume: ${VOLUME}`)
    .replace('    rootVolume:\n', `    kmsKey: "${KEY}"\n    rootVolume:\n`)
    .replace('"4.20.3", "4.20.4", "4.20.5"', '"4.20.3"')
    .replace('lifecycle:', `${POOLS}${EGRESS}${RELEASE}lifecycle:`);
  for (const text of [aws, ibm, pools]) {
    useProfile(recorded(profileFrom(text.replace('enabled: false', 'enabled: true')), '', read));
  }

  expect([...declared].filter((path) => !read.has(path)).sort()).toEqual([]);
});

/** Runs everything that decides by a profile. */
function useProfile(profile: Profile): void {
  const spec = specOf(profile, profile.platform === 'aws' ? { tags: { Ticket: 'A-1' } } : {});
  serialiseInstallConfig(renderInstallConfig(spec));
  manifestPatches(spec);
  const { name: clusterName, region, baseDomain, workerReplicas } = spec.resolved;
  const planned = { clusterName, region, baseDomain, workerReplicas, createsInFlight: 0 };
  installerNeed(profile, spec.resolved.version, {});
  preflightRequestOf({ credentialsMode: undefined }, profile, planned);
  monthlyLimit(profile);
  scaleProblems(profile, 0, { ttlHours: 1, current: 1 });
  warningThreshold(profile);
  hourlyCost(
    profile,
    { region: profile.regions.default, workers: 1 },
    loadPrices(join(ROOT, 'prices')).at(new Date()),
  );
}

function shipped(name: string): string {
  return readFileSync(join(ROOT, 'profiles', `${name}.yaml`), 'utf8');
}

function profileFrom(text: string): Profile {
  const name = /^name: (.+)$/m.exec(text)?.[1];
  const { profile, problems } = checkProfile(`${name}.yaml`, text);
  if (profile === undefined) throw new Error(JSON.stringify(problems));
  return profile;
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
}

/** Collects the paths of all fields that hold a value: a map with free keys is one, a list of objects is as many as these have. */
function leavesOf(schema: JsonSchema, path: string, into: Set<string>): void {
  if (schema.items?.properties !== undefined) leavesOf(schema.items, `${path}[]`, into);
  else if (schema.properties === undefined) into.add(path);
  else {
    for (const [name, child] of Object.entries(schema.properties)) {
      leavesOf(child, path === '' ? name : `${path}.${name}`, into);
    }
  }
}

/** @returns the value behind a proxy that notes the path of each field that is read. */
function recorded<T extends object>(value: T, path: string, into: Set<string>): T {
  return new Proxy(value, {
    get(target, key, receiver) {
      const child: unknown = Reflect.get(target, key, receiver);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return child;
      const name = /^\d+$/.test(key) ? `${path}[]` : path === '' ? key : `${path}.${key}`;
      into.add(name);
      return typeof child === 'object' && child !== null ? recorded(child, name, into) : child;
    },
  });
}

/** Files that carry a create request to its row and back and decide nothing by it: reads there do not count. */
const CARRIERS = [
  'src/control-plane/clusters/policy/cluster-request.ts',
  'src/control-plane/clusters/policy/resolve-request.ts',
  'src/control-plane/clusters/service/create.ts',
  'src/control-plane/clusters/service/presentation.ts',
  'src/control-plane/clusters/jobs/install-input.ts',
];
/** What these fields are called behind the carriers. */
const CARRIED_AS: Readonly<Record<string, string>> = {
  tags: 'userTags',
  ttlHours: 'destroyAt',
  set: 'setValues',
  offhours: 'offhoursOptIn',
};
/** Read before the handlers, for every operation. */
const READ_BY_THE_SERVER = ['idempotency-key'];

test('each field and parameter of a request is read by the control plane', () => {
  const fields = requestFields().filter(({ field }) => !READ_BY_THE_SERVER.includes(field));
  const nameOf = (field: string) => CARRIED_AS[field] ?? field;
  const unread = unreadProperties(
    join(ROOT, 'src/control-plane'),
    fields.map(({ field }) => nameOf(field)),
  );
  const unreadFields = fields.filter(({ field }) => unread.has(nameOf(field)));
  expect(unreadFields.map(({ operation, field }) => `${operation} ${field}`)).toEqual([]);
});

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly unknown[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: unknown }> };
}

/** Fields of every request body, and all parameters but those in the path. */
function requestFields(): { readonly operation: string; readonly field: string }[] {
  const document = parse(readFileSync(join(ROOT, 'openapi.yaml'), 'utf8'));
  const resolve = (node: unknown): Record<string, unknown> => {
    const object = node as Record<string, unknown>;
    const ref = object['$ref'];
    if (typeof ref !== 'string') return object;
    const target = ref
      .slice(2)
      .split('/')
      .reduce((at, key) => at[key], document);
    return resolve(target);
  };
  const operations = Object.values(document.paths as Record<string, Record<string, Operation>>).flatMap(
    (path) => Object.values(path).filter(({ operationId }) => operationId !== undefined),
  );
  return operations.flatMap(({ operationId, parameters = [], requestBody }) => {
    const names = parameters.map(resolve).flatMap(({ in: where, name }) => (where === 'path' ? [] : [name]));
    const schema = resolve(requestBody?.content['application/json']?.schema ?? {});
    const fields = Object.keys((schema['properties'] as object | undefined) ?? {});
    return [...names, ...fields].map((field) => ({ operation: operationId, field: String(field) }));
  });
}

/** @returns those of the names that no source of the folder reads as a property: `a.name`, `a['name']`, `{ name } = a`. */
function unreadProperties(folder: string, names: readonly string[]): Set<string> {
  const unread = new Set(names);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.gen.ts'))
    .map((file) => join(folder, file))
    .filter((file) => !CARRIERS.some((carrier) => file === join(ROOT, carrier)));
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    // Parsing is what takes time: only files that can have one of the names.
    if (![...unread].some((name) => text.includes(name))) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node)) unread.delete(node.name.text);
      if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression)) {
        unread.delete(node.argumentExpression.text);
      }
      if (ts.isBindingElement(node)) {
        const name = node.propertyName ?? node.name;
        if (ts.isIdentifier(name)) unread.delete(name.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, false));
  }
  return unread;
}
