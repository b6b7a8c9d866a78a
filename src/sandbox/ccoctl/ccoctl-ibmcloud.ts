import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { NewResource } from '../cloud/simulated-cloud.ts';
import { CommandExit, fatal } from '../failures/command-exit.ts';
import { SANDBOX_IBM_ACCOUNT } from '../resources/plan-ibmcloud.ts';
import { deterministicHex } from '../resources/resource-plan.ts';
import type { CcoctlRun } from './ccoctl-run.ts';
import { parseCredentialsRequests, type RequestedSecret } from './credentials-requests.ts';

/** `ccoctl ibmcloud create-service-id`: creates a service ID with a key for each request, then writes its secret; rolls back on failure. */
export async function createServiceIds(run: CcoctlRun): Promise<void> {
  const refs = parseCredentialsRequests(run.requestsDir ?? '');
  const taken = await run.cloud.list({ infraId: run.name, types: [SERVICE_ID] });
  const clash = refs
    .map((ref) => serviceIdName(run, ref))
    .find((name) => taken.some((known) => known.name === name));
  if (clash !== undefined)
    throw fatal(`Error: Failed to validate the serviceID: exists with the same name: ${clash}`);
  const made: NewResource[] = [];
  try {
    for (const [i, ref] of refs.entries()) {
      const resource = serviceId(run, ref);
      await run.create(resource);
      made.push(resource);
      if (i === Math.floor(refs.length / 2)) await run.injectFaults('credentials');
    }
  } catch (thrown) {
    if (thrown instanceof CommandExit) for (const resource of made) await run.cloud.removePlanned(resource);
    throw thrown;
  }
  const folder = join(run.outputDir, 'manifests');
  mkdirSync(folder, { recursive: true });
  for (const ref of refs) {
    const file = join(folder, `${ref.namespace}-${ref.name}-credentials.yaml`);
    writeFileSync(file, stringify(secretWithKey(ref)), { mode: 0o600 });
    run.log(`Saved credentials configuration to: ${file}`);
  }
}

/** `ccoctl ibmcloud delete-service-id`: deletes by the names that follow from the requests; missing ones are not an error. */
export async function deleteServiceIds(run: CcoctlRun): Promise<void> {
  const names = parseCredentialsRequests(run.requestsDir ?? '').map((ref) => serviceIdName(run, ref));
  const leaked = await run.injectFaults('credentials-delete');
  for (const resource of await run.cloud.list({ infraId: run.name, types: [SERVICE_ID] })) {
    const { id, name, type } = resource;
    if (!names.includes(name) || leaked.includes(type)) continue;
    run.log(`deleting the ServiceID with name: ${name}, ID: ${id}`);
    await run.cloud.remove(resource);
  }
}

const SERVICE_ID = 'iam:service-id';

function serviceIdName({ name }: Pick<CcoctlRun, 'name'>, ref: RequestedSecret): string {
  return `${name}-${ref.namespace}-${ref.name}`;
}

function serviceId(run: CcoctlRun, ref: RequestedSecret): NewResource {
  const name = serviceIdName(run, ref);
  const id = `ServiceId-${deterministicHex(name, 32)}`;
  const arn = `crn:v1:bluemix:public:iam-identity::a/${SANDBOX_IBM_ACCOUNT}::serviceid:${id}`;
  return { id, arn, type: SERVICE_ID, region: 'global', name, tags: {}, infraId: run.name };
}

function secretWithKey({ namespace, name }: RequestedSecret) {
  const key = randomBytes(33).toString('base64url');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace, name },
    stringData: {
      ibmcloud_api_key: key,
      'ibm-credentials.env': `IBMCLOUD_APIKEY=${key}\nIBMCLOUD_AUTHTYPE=iam\n`,
    },
    type: 'Opaque',
  };
}
