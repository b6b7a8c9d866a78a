#!/usr/bin/env node
import { createAwsCredentials, deleteAwsCredentials } from './ccoctl-aws.ts';
import { createServiceIds, deleteServiceIds } from './ccoctl-ibmcloud.ts';
import { type CCOCTL_COMMANDS, parseCcoctlArguments, startCcoctl } from './ccoctl-run.ts';
import { InstallerExit } from './exits.ts';

const STEPS: Readonly<
  Record<(typeof CCOCTL_COMMANDS)[number], (run: ReturnType<typeof startCcoctl>) => Promise<void>>
> = {
  'ibmcloud create-service-id': createServiceIds,
  'ibmcloud delete-service-id': deleteServiceIds,
  'aws create-all': createAwsCredentials,
  'aws delete': deleteAwsCredentials,
};

process.exit(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  try {
    const parsed = parseCcoctlArguments(argv);
    await STEPS[parsed.command](startCcoctl(parsed, process.env));
    return 0;
  } catch (thrown) {
    const lines =
      thrown instanceof InstallerExit ? thrown.lines.map(({ message }) => message) : [String(thrown)];
    for (const line of lines) process.stderr.write(`${line}\n`);
    return 1;
  }
}
