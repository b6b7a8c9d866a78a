import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseServerUrl, readCaFile } from '../../cli/config/connection.ts';
import { type Context, configDirectory, readContexts, writeContext } from '../../cli/config/context-file.ts';
import { contextRow, parseContextName, requireContext } from '../../cli/config/context-row.ts';
import { UsageError } from '../../cli/errors/cli-error.ts';
import { requiredArgument } from '../../cli/flags/arguments.ts';
import type { Io } from '../../cli/output/io.ts';
import { contextList } from '../../render/settings.ts';

export default class ContextAdd extends BaseCommand {
  static override description = 'Add a context, or replace the one of that name';
  static override examples = [
    '<%= config.bin %> context add prod --server https://ocpctl.example.com --auth sts --aws-profile work',
    '<%= config.bin %> context add work --server https://ocpctl.example.com --access-key-id OCPK1 --secret-access-key-file ./key',
    'pass show ocpctl | <%= config.bin %> context add work --server https://ocpctl.example.com --access-key-id OCPK1 --secret-access-key-file -',
  ];
  static override args = { name: requiredArgument('name of the context') };
  static override flags = {
    auth: string({
      description: 'how to sign in: with keys of the server, or AWS credentials (sts)',
      options: ['keys', 'sts'],
    }),
    'aws-region': string({ description: 'region whose STS is asked (us-east-1)', helpValue: 'REGION' }),
    audience: string({
      description: 'name of the server, unless it is made of its address',
      helpValue: 'NAME',
    }),
    'ca-file': string({
      description: 'PEM file with the authority of an https server that is not a well-known one',
      helpValue: 'FILE',
    }),
    region: string({ description: 'region that requests are signed for' }),
    'access-key-id': string({ description: 'key that signs requests', helpValue: 'ID' }),
    // A secret in an argument could be read by everybody on the machine.
    'secret-access-key-file': string({
      description: 'file with its secret half; - is stdin',
      helpValue: 'FILE',
    }),
    use: boolean({ description: 'make it the current context' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContextAdd);
    const session = await this.open(flags);
    const name = parseContextName(args.name);
    if (flags.server === undefined)
      throw new UsageError('--server is missing', { hint: '--server http://127.0.0.1:8420' });
    const keyId = flags['access-key-id'];
    const keyFile = flags['secret-access-key-file'];
    if ((keyId === undefined) !== (keyFile === undefined)) {
      throw new UsageError('--access-key-id and --secret-access-key-file belong together');
    }
    const secret = keyFile === undefined ? undefined : await readSecret(session.io, keyFile);
    const directory = configDirectory(session.io.env);
    const context = {
      server: parseServerUrl(flags.server),
      ...(flags['ca-file'] && { caFile: parseCaFile(flags['ca-file'], flags.server) }),
      ...(flags.region && { region: flags.region }),
      ...(keyId && { accessKeyId: keyId }),
      ...(secret && { secretAccessKey: secret }),
      ...awsSettings(flags),
    };
    await writeContext(name, context, { directory, makeCurrent: flags.use });
    const file = await readContexts(directory);
    await session.print(contextList([contextRow(name, requireContext(file, name), file.currentContext)]));
  }
}

interface AwsFlags {
  readonly auth?: string | undefined;
  readonly 'aws-profile'?: string | undefined;
  readonly 'aws-region'?: string | undefined;
  readonly audience?: string | undefined;
  readonly region?: string | undefined;
  readonly 'access-key-id'?: string | undefined;
}

/** @throws UsageError when flags of both ways to sign in are mixed */
function awsSettings(flags: AwsFlags): Partial<Context> {
  const { auth, audience, 'aws-profile': profile, 'aws-region': region } = flags;
  if (auth !== 'sts') {
    if (profile || region || audience)
      throw new UsageError('--aws-profile, --aws-region and --audience are for --auth sts');
    return {};
  }
  if (flags['access-key-id'] || flags.region) {
    throw new UsageError('--auth sts takes no keys and no --region: the server gives both when you sign in', {
      hint: "AWS credentials come from where 'aws' takes them; --aws-profile names a profile",
    });
  }
  return {
    auth,
    ...(profile && { awsProfile: profile }),
    ...(region && { awsRegion: region }),
    ...(audience && { audience }),
  };
}

/** @returns its whole path: commands run in other folders. */
function parseCaFile(path: string, server: string): string {
  if (!server.startsWith('https:')) {
    throw new UsageError('--ca-file is for a server with https://', { hint: `${server} speaks plain HTTP` });
  }
  readCaFile(path);
  return resolve(path);
}

async function readSecret(io: Io, path: string): Promise<string> {
  let text = '';
  if (path === '-') for await (const chunk of io.stdin) text += String(chunk);
  else text = await readFile(path, 'utf8');
  if (text.trim() === '') throw new UsageError('the secret access key is empty');
  return text.trim();
}
