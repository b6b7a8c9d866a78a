import { boolean, string } from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { runDemo } from '../cli/demo/demo.ts';
import { InterruptedError } from '../cli/errors/cli-error.ts';
import { abortOnSignals } from '../cli/jobs/interruptible-wait.ts';
import { demoView } from '../render/demo.ts';

export default class Try extends BaseCommand {
  static override description =
    'See it all once, in a sandbox: a server, a cluster, its outputs, its proven end';
  static override examples = ['<%= config.bin %> try', '<%= config.bin %> try --profile aws-standard --keep'];
  static override flags = {
    profile: string({
      description: 'what to make the cluster from',
      default: 'aws-minimal-test',
      helpValue: 'NAME',
    }),
    keep: boolean({ description: 'keep server and cluster until Ctrl-C, to play with them' }),
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
