import { Command } from '@oclif/core/command';
import type { CommandError } from '@oclif/core/interfaces';
import { GLOBAL_FLAGS, type GlobalFlagValues, REQUEST_TIMEOUT_FLAG } from './flags/global-flags.ts';
import { processIo } from './output/io.ts';
import { Session } from './session.ts';

/**
 * What all commands share. oclif's own JSON mode stays off, because it loses exit codes; results go through
 * Session.print, and errors leave every command unhandled, so that main.ts maps them in one place.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = { ...GLOBAL_FLAGS, ...REQUEST_TIMEOUT_FLAG };
  static override enableJsonFlag = false;
  /** Commands that wait use `--timeout` for the waiting, and the setting for their calls. */
  static waits = false;

  #session: Session | undefined;

  /** Opens the session of this run, with what the flags say. */
  protected async open(
    flags: GlobalFlagValues & { readonly timeout?: string | undefined },
  ): Promise<Session> {
    const waits = 'waits' in this.ctor && this.ctor.waits === true;
    const values = waits ? flags : { ...flags, requestTimeout: flags.timeout };
    this.#session = await Session.open(processIo(), values, this.config.version);
    return this.#session;
  }

  protected override async catch(error: CommandError): Promise<void> {
    throw error;
  }

  protected override async finally(_error: Error | undefined): Promise<void> {
    this.#session?.close();
  }
}
