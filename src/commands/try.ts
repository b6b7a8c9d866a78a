import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { runDemo } from '../cli/demo/demo.ts';
import { InterruptedError } from '../cli/errors/cli-error.ts';
import { abortOnSignals } from '../cli/jobs/interruptible-wait.ts';
import { demoView } from '../render/sandbox.ts';

export default class Try extends BaseCommand {
  static override summary = 'Try ocpctl in a sandbox';
  static override description =
    'Starts a sandbox server in a temporary directory, creates a cluster, shows its outputs, destroys it and verifies that no resource is left.';
  static override examples = ['<%= config.bin %> try', '<%= config.bin %> try --profile aws-standard --keep'];
  static override flags = {
    profile: string({
      description: 'Cluster profile (default: aws-minimal-test)',
      default: 'aws-minimal-test',
      helpValue: 'NAME',
    }),
    keep: boolean({ description: 'Keep the server and the cluster until Ctrl-C' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Try);
    const session = await this.open(flags);
    const { root } = this.config;
    const { profile, keep } = flags;
    const steps = await abortOnSignals(
      (name) => new InterruptedError(name, 'stopped; the sandbox was removed'),
      (signal) => runDemo(session, { root, profile, keep, signal }),
    );
    session.note('');
    await session.print(demoView(steps));
  }
}
