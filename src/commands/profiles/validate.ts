import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { string } from '@oclif/core/args';
import { BaseCommand } from '../../cli/base-command.ts';
import { CliError, UsageError } from '../../cli/errors/cli-error.ts';
import { EXIT } from '../../cli/errors/exit-codes.ts';
import { unreadableFile } from '../../cli/input-file.ts';
import { profileProblemList } from '../../render/profile.ts';

export default class ProfilesValidate extends BaseCommand {
  static override summary = 'Validate profile files';
  static override description =
    'Checks YAML, fields, and the install-config in each region and base domain, as a server does when it starts. Also reports regions that do not exist. Needs no server. Exits with code 11 if a file has problems.';
  static override examples = [
    '<%= config.bin %> profiles validate profiles/aws-large.yaml',
    '<%= config.bin %> profiles validate ./profiles --json',
  ];
  static override args = {
    file: string({
      description: 'Profile file, or a directory of them; - reads from stdin',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ProfilesValidate);
    const session = await this.open(flags);
    for (const path of args.file) if (path !== '-') await assertExists(path);
    const { validateProfileFiles } = await import('../../control-plane/index.ts');
    const { files, problems } = validateProfileFiles(args.file, {
      shipped: join(this.config.root, 'profiles'),
      now: session.io.now(),
      stdin: args.file.includes('-') ? await text(session.io.stdin) : undefined,
    });
    if (files === 0 && problems.length === 0) {
      throw new UsageError(`no *.yaml files in ${args.file.join(', ')}`);
    }
    await session.print(profileProblemList(problems, files));
    if (problems.length === 0) return;
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const bad = new Set(problems.map(({ file }) => file)).size;
    throw new CliError('PROBLEMS_FOUND', `${count} in ${bad === 1 ? '1 file' : `${bad} files`}`, {
      exitCode: EXIT.problemsFound,
    });
  }
}

/** A mistyped path is a usage error, not a problem of a profile. */
async function assertExists(path: string): Promise<void> {
  await stat(path).catch((error: unknown) => {
    throw unreadableFile(path, error);
  });
}
