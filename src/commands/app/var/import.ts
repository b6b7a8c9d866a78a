import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import {
  changeVariables,
  readVariablesFile,
  VARIABLE_CHANGE_FLAGS,
  variableOwner,
} from '../../../cli/apps/variables.ts';
import { BaseCommand } from '../../../cli/base-command.ts';

export default class AppVarImport extends BaseCommand {
  static override summary = 'Set variables of a service from a .env file or stdin';
  static override description = 'Variables that the file does not name stay as they are.';
  static override examples = [
    '<%= config.bin %> app var import api --file .env',
    'printf "TOKEN=%s\\n" "$TOKEN" | <%= config.bin %> app var import api --file -',
  ];
  static override waits = true;
  static override args = {
    service: stringArgument({ description: 'Name or id of the service', ignoreStdin: true }),
  };
  static override flags = {
    file: string({
      char: 'f',
      description: 'File with NAME=VALUE lines, or - for stdin (required)',
      helpValue: 'FILE',
      required: true,
    }),
    ...VARIABLE_CHANGE_FLAGS,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppVarImport);
    const session = await this.open(flags);
    const set = await readVariablesFile(session, flags.file);
    const owner = await variableOwner(session, args.service, flags);
    await changeVariables(session, owner, { set }, flags);
  }
}
