import { join } from 'node:path';
import { option, string } from '@oclif/core/flags';
import { BaseCommand } from '../../cli/base-command.ts';
import { CliError } from '../../cli/errors/cli-error.ts';
import { EXIT } from '../../cli/errors/exit-codes.ts';
import { mapSetupErrors } from '../../cli/server/map-setup-errors.ts';
import { cloudCheckRecord } from '../../render/cloud-check.ts';

export default class ServerCheck extends BaseCommand {
  static override summary = 'Check that this host can create and destroy clusters in a cloud';
  static override description =
    'Runs the checks of a worker before a create, with the credentials and settings of this host: credentials, region, DNS zone, quotas, and the permissions to destroy and to verify it. Creates nothing and needs no server. Exits with code 11 if it finds a problem.';
  static override examples = [
    '<%= config.bin %> server check --cloud aws --region us-east-2',
    '<%= config.bin %> server check --cloud aws --region us-east-2 --profile aws-standard --json',
  ];
  static override flags = {
    cloud: option({
      description: 'Cloud to check: aws or ibmcloud (required)',
      helpValue: 'CLOUD',
      options: ['aws', 'ibmcloud'] as const,
      required: true,
    })(),
    region: string({ description: 'Region to check (required)', helpValue: 'REGION', required: true }),
    profile: string({
      description: 'Profile to check (default: all enabled profiles that offer the region)',
      helpValue: 'NAME',
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(ServerCheck);
    const session = await this.open(flags);
    const { cloud, region, profile } = flags;
    const { checkCloud, parseServerSettings, quietAwsSdk } = await import('../../control-plane/index.ts');
    quietAwsSdk();
    const shippedProfiles = join(this.config.root, 'profiles');
    const check = await mapSetupErrors(() =>
      checkCloud(parseServerSettings({ clouds: [cloud] }, session.io.env), {
        cloud,
        region,
        profile,
        shippedProfiles,
      }),
    );
    await session.print(cloudCheckRecord(check));
    const count = check.problems.length;
    if (count === 0) return;
    throw new CliError(
      'PROBLEMS_FOUND',
      `${count === 1 ? '1 problem' : `${count} problems`} in ${cloud} ${region}`,
      {
        exitCode: EXIT.problemsFound,
      },
    );
  }
}
