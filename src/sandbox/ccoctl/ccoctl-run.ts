import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { registerInstaller } from '../cloud/installer-registry.ts';
import { type NewResource, openSimulatedCloud, type SimulatedCloud } from '../cloud/simulated-cloud.ts';
import { type CommandExit, fatal } from '../failures/command-exit.ts';
import { type FailureName, failureByName } from '../failures/failures.ts';
import { takeFaults } from '../faults/faults.ts';
import type { Stage } from '../faults/stages.ts';
import { readSandboxSettings, requireCloudDir } from '../runtime/sandbox-settings.ts';
import { createTimeScale, forever } from '../runtime/time-scale.ts';

export const CCOCTL_COMMANDS = [
  'ibmcloud create-service-id',
  'ibmcloud delete-service-id',
  'aws create-all',
  'aws delete',
] as const;

interface CcoctlArguments {
  readonly command: (typeof CCOCTL_COMMANDS)[number];
  /** The infraID of the cluster, by convention. */
  readonly name: string;
  readonly region: string | undefined;
  readonly requestsDir: string | undefined;
  readonly outputDir: string;
  readonly force: boolean;
}

/** One command of ccoctl and what its steps share. */
export interface CcoctlRun extends CcoctlArguments {
  readonly cloud: SimulatedCloud;
  log(message: string): void;
  create(resource: NewResource): Promise<void>;
  /** Applies the faults of this stage. @returns the resource types that a `leak` fault keeps @throws CommandExit for a `fail` fault */
  injectFaults(stage: Stage): Promise<readonly string[]>;
}

const PAUSE_MS = 60;

/** @throws CommandExit for an invalid command line */
export function parseCcoctlArguments(argv: readonly string[]): CcoctlArguments {
  const { values, positionals } = parseFlags(argv);
  const command = CCOCTL_COMMANDS.find((known) => known === positionals.join(' '));
  if (command === undefined) throw fatal(`Error: unknown command "${positionals.join(' ')}" for "ccoctl"`);
  const missing = REQUIRED_FLAGS[command].filter((flag) => values[flag] === undefined);
  if (missing.length > 0) throw fatal(`Error: required flag(s) "${missing.join('", "')}" not set`);
  return {
    command,
    name: values.name ?? '',
    region: values.region,
    requestsDir: values['credentials-requests-dir'],
    outputDir: values['output-dir'] ?? process.cwd(),
    force: values.force === true,
  };
}

export function startCcoctlRun(
  args: CcoctlArguments,
  env: Readonly<Record<string, string | undefined>>,
): CcoctlRun {
  const settings = readSandboxSettings(env);
  const caller = `ccoctl ${args.command}`;
  const cloud = openSimulatedCloud(requireCloudDir(settings.cloudDir), { caller });
  const timeScale = createTimeScale(settings.speed);
  // It changes what an infrastructure owns, so another installer on the same infrastructure is an overlap.
  registerInstaller(cloud.dir, { command: caller, infraId: args.name, domain: '' });
  return {
    ...args,
    cloud,
    log: (message) => void process.stderr.write(`${new Date().toISOString()} ${message}\n`),
    async create(resource) {
      await timeScale.sleepScaled(PAUSE_MS);
      await cloud.create(resource);
    },
    async injectFaults(stage) {
      const clusterName = args.name.replace(/-[^-]*$/, '');
      const leaked: string[] = [];
      for (const fault of await takeFaults(cloud.dir, { stage, command: caller, clusterName })) {
        if (fault.kind === 'fail') throw rejection(args, clusterName, fault.failure);
        if (fault.kind === 'hang') await forever();
        if (fault.kind === 'crash') process.kill(process.pid, 'SIGKILL');
        if (fault.kind === 'slow') await sleep(fault.seconds * 1000);
        if (fault.kind === 'leak') leaked.push(...fault.types);
      }
      return leaked;
    },
  };
}

/** The text of the failure that the fault names; by default the wording of the IBM Cloud libraries. */
function rejection(
  { command, name, region = '' }: CcoctlArguments,
  clusterName: string,
  failure: FailureName | undefined,
): CommandExit {
  const nowhere = { baseDomain: '', zone: '', instanceType: '' };
  const cause =
    failure === undefined
      ? 'the cloud refused a request (403 Forbidden)'
      : failureByName(failure).cause({ ...nowhere, infraId: name, clusterName, region });
  return fatal(`ccoctl ${command}: ${cause}`);
}

const REQUIRED_FLAGS = {
  'ibmcloud create-service-id': ['name', 'credentials-requests-dir'],
  'ibmcloud delete-service-id': ['name', 'credentials-requests-dir'],
  'aws create-all': ['name', 'region', 'credentials-requests-dir'],
  'aws delete': ['name', 'region'],
} as const;

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        name: { type: 'string' },
        region: { type: 'string' },
        'credentials-requests-dir': { type: 'string' },
        'output-dir': { type: 'string' },
        'resource-group-name': { type: 'string' },
        force: { type: 'boolean' },
      },
    });
  } catch (thrown) {
    throw fatal(`Error: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
