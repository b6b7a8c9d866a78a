#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { parseInstallConfig } from './assets/parse-install-config.ts';
import { extractCredentialsRequests } from './ccoctl/credentials-requests.ts';

const USAGE = `The stand-in for oc of the ocpctl sandbox supports one command:

  oc adm release extract --credentials-requests --included --install-config=FILE --registry-config=FILE --to=DIR IMAGE
`;

process.exitCode = main(process.argv.slice(2));

function main(argv: readonly string[]): number {
  try {
    extract(argv);
    return 0;
  } catch (thrown) {
    process.stderr.write(`error: ${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
    return 1;
  }
}

/** Like the real one: needs a pull secret to read the release and takes the platform from the install-config. */
function extract(argv: readonly string[]): void {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      'credentials-requests': { type: 'boolean' },
      included: { type: 'boolean' },
      'install-config': { type: 'string' },
      'registry-config': { type: 'string' },
      to: { type: 'string' },
    },
  });
  const [image, ...more] = positionals.slice(3);
  const { to, 'install-config': configFile, 'registry-config': registryFile } = values;
  const isExtract = positionals.slice(0, 3).join(' ') === 'adm release extract';
  if (!isExtract || !values['credentials-requests'] || !values.included || image === undefined || more.length)
    throw new Error(`unknown command or invalid flags\n${USAGE}`);
  if (to === undefined || configFile === undefined || registryFile === undefined)
    throw new Error(`missing required flags\n${USAGE}`);
  z.object({ auths: z.record(z.string(), z.unknown()) }).parse(
    JSON.parse(readFileSync(registryFile, 'utf8')),
  );
  const { platform } = parseInstallConfig(readFileSync(configFile, 'utf8'));
  extractCredentialsRequests(platform.aws ? 'aws' : 'ibmcloud', to);
  process.stderr.write(`Extracted release payload from ${image}\n`);
}
