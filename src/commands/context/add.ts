import { resolve } from 'node:path';
import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { parseServerUrl, readCaFile } from '../../cli/config/connection.ts';
import { type Context, configDirectory, readContexts, writeContext } from '../../cli/config/context-file.ts';
import { contextRow, parseContextName, requireContext } from '../../cli/config/context-row.ts';
import { confirmLossOfKey } from '../../cli/config/only-copy.ts';
import { UsageError } from '../../cli/errors/cli-error.ts';
import { requiredArgument } from '../../cli/flags/shared-flags.ts';
import { type Io, readInput } from '../../cli/output/io.ts';
import { contextList } from '../../render/settings.ts';

export default class ContextAdd extends BaseCommand {
  static override summary = 'Add or replace a context';
  static override examples = [
    '<%= config.bin %> context add prod --server https://ocpctl.example.com --auth sts --aws-profile work',
    '<%= config.bin %> context add work --server https://ocpctl.example.com --access-key-id OCPK1 --secret-access-key-file ./key',
    'pass show ocpctl | <%= config.bin %> context add work --server https://ocpctl.example.com --access-key-id OCPK1 --secret-access-key-file -',
  ];
  static override usage = 'context add NAME --server URL [flags]';
  static override args = { name: requiredArgument('Name of the context') };
  static override flags = {
    auth: string({
      description: 'Authentication: server keys (keys) or AWS credentials (sts) (default: keys)',
      helpValue: 'MODE',
      options: ['keys', 'sts'],
    }),
    'aws-region': string({
      description: 'AWS region of the STS endpoint (default: us-east-1; env: AWS_REGION)',
      helpValue: 'REGION',
    }),
    audience: string({
      description: 'Audience of the server (default: ocpctl:// and the host of its URL)',
      helpValue: 'NAME',
    }),
    'ca-file': string({
      description: 'CA certificates of the server, PEM (default: the public CAs; env: OCPCTL_CA_FILE)',
      helpValue: 'FILE',
    }),
    region: string({
      description: 'Signing region (default: local; env: OCPCTL_REGION)',
      helpValue: 'REGION',
    }),
    'access-key-id': string({ description: 'Access key id (env: OCPCTL_ACCESS_KEY_ID)', helpValue: 'ID' }),
    // Arguments of a process can be read by every user of the machine.
    'secret-access-key-file': string({
      description: 'File with the secret access key; - reads from stdin',
      helpValue: 'FILE',
    }),
    use: boolean({ description: 'Make it the current context' }),
    yes: boolean({ char: 'y', description: 'Replace also the only copy of a secret key without asking' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContextAdd);
    const session = await this.open(flags);
    const name = parseContextName(args.name);
    if (flags.server === undefined)
      throw new UsageError('missing flag --server', { hint: 'for example --server http://127.0.0.1:8420' });
    const keyId = flags['access-key-id'];
    const keyFile = flags['secret-access-key-file'];
    if ((keyId === undefined) !== (keyFile === undefined)) {
      throw new UsageError('--access-key-id and --secret-access-key-file must be used together');
    }
    const secret = keyFile === undefined ? undefined : await readSecret(session.io, keyFile);
    await confirmLossOfKey(session, name, { yes: flags.yes, kept: keyId });
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
    session.noteChange();
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

/** @throws UsageError if flags of both authentication modes are mixed */
function awsSettings(flags: AwsFlags): Partial<Context> {
  const { auth, audience, 'aws-profile': profile, 'aws-region': region } = flags;
  if (auth !== 'sts') {
    if (profile || region || audience)
      throw new UsageError('--aws-profile, --aws-region and --audience require --auth sts');
    return {};
  }
  if (flags['access-key-id'] || flags.region) {
    throw new UsageError('--access-key-id and --region cannot be used with --auth sts', {
      hint: 'AWS credentials are found as by the AWS CLI; use --aws-profile to select a profile',
    });
  }
  return {
    auth,
    ...(profile && { awsProfile: profile }),
    ...(region && { awsRegion: region }),
    ...(audience && { audience }),
  };
}

/** @returns the absolute path, because later commands may run in other directories. */
function parseCaFile(path: string, server: string): string {
  if (!server.startsWith('https:')) {
    throw new UsageError('--ca-file requires an https:// server', { hint: `${server} uses plain HTTP` });
  }
  readCaFile(path);
  return resolve(path);
}

async function readSecret(io: Io, path: string): Promise<string> {
  const secret = (await readInput(io, path)).trim();
  if (secret === '') throw new UsageError('the secret access key is empty');
  return secret;
}
