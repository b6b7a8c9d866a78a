#!/usr/bin/env node
import { createAwsCredentials, deleteAwsCredentials } from './ccoctl/ccoctl-aws.ts';
import { createServiceIds, deleteServiceIds } from './ccoctl/ccoctl-ibmcloud.ts';
import { type CCOCTL_COMMANDS, parseCcoctlArguments, startCcoctlRun } from './ccoctl/ccoctl-run.ts';
import { CommandExit } from './failures/command-exit.ts';

const COMMAND_HANDLERS: Readonly<
  Record<(typeof CCOCTL_COMMANDS)[number], (run: ReturnType<typeof startCcoctlRun>) => Promise<void>>
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
    await COMMAND_HANDLERS[parsed.command](startCcoctlRun(parsed, process.env));
    return 0;
  } catch (thrown) {
    const lines =
      thrown instanceof CommandExit ? thrown.lines.map(({ message }) => message) : [String(thrown)];
    for (const line of lines) process.stderr.write(`${line}\n`);
    return 1;
  }
}
