#!/usr/bin/env node
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Arguments, type Command, HELP, parseArguments } from './argv.ts';
import { type Cloud, CloudRefusedError, openCloud } from './cloud.ts';
import { createIgnitionConfigs, createInstallConfig, createManifests } from './create-assets.ts';
import { createCluster } from './create-cluster.ts';
import { destroyBootstrap } from './destroy-bootstrap.ts';
import { destroyCluster } from './destroy-cluster.ts';
import { EXIT, InstallerExit } from './exits.ts';
import { gatherBootstrap } from './gather-bootstrap.ts';
import { type Console, type InstallLog, openInstallLog } from './install-log.ts';
import { type InstallerRun, startRun } from './installer-run.ts';
import { paceAt } from './pace.ts';
import { readSettings, requireCloudDir, requireCredentials, type Settings } from './settings.ts';
import { watchSignals } from './signals.ts';
import { recogniseTarget } from './target.ts';
import { commitOf, renderVersion, sandboxNotice } from './version.ts';
import { waitForBootstrapComplete, waitForInstallComplete } from './wait-for.ts';

const STEPS: Readonly<Record<Exclude<Command, 'version'>, (run: InstallerRun) => Promise<void>>> = {
  'create install-config': createInstallConfig,
  'create manifests': createManifests,
  'create ignition-configs': createIgnitionConfigs,
  'create cluster': createCluster,
  'destroy cluster': destroyCluster,
  'destroy bootstrap': destroyBootstrap,
  'wait-for bootstrap-complete': waitForBootstrapComplete,
  'wait-for install-complete': waitForInstallComplete,
  'gather bootstrap': gatherBootstrap,
};
/** 128 + SIGPIPE: a Go program dies when it writes to a stderr that nobody reads any more. */
const BROKEN_PIPE_EXIT_CODE = 141;

const stderr: Console = {
  isTTY: process.stderr.isTTY === true,
  write: (text) => void process.stderr.write(text),
};

process.stderr.on('error', () => process.exit(BROKEN_PIPE_EXIT_CODE));
process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const log = openInstallLog(undefined, 'info', stderr);
  try {
    const parsed = parseArguments(argv);
    if (parsed === 'help') {
      process.stdout.write(HELP);
      return EXIT.ok;
    }
    const settings = readSettings(process.env);
    if (parsed.command !== 'version') return await work({ ...parsed, command: parsed.command }, settings);
    process.stdout.write(renderVersion(process.argv[1] ?? 'openshift-install', settings.version));
    log.warning(sandboxNotice(settings.aws?.endpoint));
    return EXIT.ok;
  } catch (thrown) {
    return report(log, thrown);
  }
}

async function work(
  { command, dir, level, skipPasswordPrint }: Arguments & { command: Exclude<Command, 'version'> },
  settings: Settings,
): Promise<number> {
  const path = resolve(dir);
  mkdirSync(path, { recursive: true, mode: 0o750 });
  const log = openInstallLog(path, level, stderr);
  log.debug(`OpenShift Installer ${settings.version}`);
  log.debug(`Built from commit ${commitOf(settings.version)}`);
  let run: InstallerRun | undefined;
  try {
    const cloudDir = requireCloudDir(settings);
    log.warning(sandboxNotice(settings.aws?.endpoint));
    const cloud = await openCloudOf(settings, cloudDir, command);
    const pace = paceAt(settings.speed);
    run = startRun({ command, dir: path, log, pace, cloud, version: settings.version, skipPasswordPrint });
    watchSignals(run);
    recogniseTarget(run);
    await run.reach('start');
    await STEPS[command](run);
    return EXIT.ok;
  } catch (thrown) {
    return report(log, thrown);
  } finally {
    await run?.localControlPlane?.stop();
  }
}

async function openCloudOf({ aws }: Settings, dir: string, caller: Command): Promise<Cloud> {
  if (aws === undefined) return openCloud(dir, { caller });
  const { awsCloud } = await import('./aws/aws-cloud.ts');
  return awsCloud({ ...aws, credentials: requireCredentials(aws), dir, caller });
}

/** Says why the command ends. @returns the exit code */
function report(log: InstallLog, thrown: unknown): number {
  if (thrown instanceof InstallerExit) {
    for (const line of thrown.lines) log.write(line);
    return thrown.exitCode;
  }
  if (thrown instanceof CloudRefusedError) {
    log.write({ level: 'fatal', message: thrown.message });
    return EXIT.fatal;
  }
  const message = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  log.write({ level: 'fatal', message: `unexpected error of the sandbox: ${message}` });
  return EXIT.fatal;
}
