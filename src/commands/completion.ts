import { string as stringArgument } from '@oclif/core/args';
import { BaseCommand } from '../cli/base-command.ts';
import { SCRIPTS, SHELLS, type Shell } from '../cli/completion/shell-scripts.ts';
import { recordView } from '../render/view.ts';

export default class Completion extends BaseCommand {
  static override summary = 'Print the completion script of a shell';
  static override description =
    'Completes commands, flags and their values, and the names of clusters, jobs, profiles, teams and contexts.';
  static override examples = [
    "echo 'source <(<%= config.bin %> completion bash)' >> ~/.bashrc",
    "echo 'autoload -Uz compinit && compinit; source <(<%= config.bin %> completion zsh)' >> ~/.zshrc",
    "echo '<%= config.bin %> completion fish | source' >> ~/.config/fish/config.fish",
  ];
  static override args = {
    shell: stringArgument({
      description: `Shell: ${SHELLS.join(', ')}`,
      required: true,
      options: [...SHELLS],
      ignoreStdin: true,
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Completion);
    const session = await this.open(flags);
    const script = SCRIPTS[args.shell as Shell];
    await session.printText(script, recordView({ document: { script }, name: args.shell, blocks: [] }));
  }
}
