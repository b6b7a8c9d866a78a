import { string as stringArgument } from '@oclif/core/args';
import { string } from '@oclif/core/flags';
import { SERVICE_LOCATION_FLAGS } from '../../../cli/apps/app-flags.ts';
import { listOfVariables } from '../../../cli/apps/list-variables.ts';
import {
  changeVariables,
  noteVariables,
  readVariablesFile,
  SHARED_FLAG,
  variableOwner,
} from '../../../cli/apps/variables.ts';
import { BaseCommand } from '../../../cli/base-command.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../../../cli/flags/shared-flags.ts';

export default class AppVarImport extends BaseCommand {
  static override summary = 'Set variables of a service from a .env file or stdin';
  static override description = 'Variables that the file does not name stay as they are.';
  static override examples = [
    '<%= config.bin %> app var import api --file .env',
    'printf "TOKEN=%s\\n" "$TOKEN" | <%= config.bin %> app var import api --file -',
  ];
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
    ...SHARED_FLAG,
    ...SERVICE_LOCATION_FLAGS,
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(AppVarImport);
    const session = await this.open(flags);
    const set = await readVariablesFile(session, flags.file);
    const owner = await variableOwner(session, args.service, flags);
    const { changed, deployment } = await changeVariables(session, owner, { set }, flags);
    await session.print(await listOfVariables(session, owner));
    noteVariables(session, owner, changed, deployment);
  }
}
