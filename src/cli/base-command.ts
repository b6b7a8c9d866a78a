import { Command } from '@oclif/core/command';
import type { CommandError } from '@oclif/core/interfaces';
import { type ConfigFile, readContexts } from './config/context-file.ts';
import { withTarget } from './errors/with-target.ts';
import { GLOBAL_FLAGS, type GlobalFlagValues, REQUEST_TIMEOUT_FLAG } from './flags/shared-flags.ts';
import { processIo } from './output/io.ts';
import { assertFormatOf, type OwnFormat } from './output/output-format.ts';
import { Session } from './session.ts';

/**
 * Base of all commands. oclif's own JSON mode is off because it loses exit codes: results go through
 * Session.print, and errors are not handled here, so that main.ts maps all of them.
 */
export abstract class BaseCommand extends Command {
  static override baseFlags = { ...GLOBAL_FLAGS, ...REQUEST_TIMEOUT_FLAG };
  static override enableJsonFlag = false;
  /** In commands that wait, `--timeout` limits the waiting; API calls use the setting `timeout`. */
  static waits = false;
  /** Output formats that only this command has. */
  static formats: readonly OwnFormat[] = [];

  #session: Session | undefined;

  /** Opens the session with the parsed flags. @param file default: that of the user, which can be invalid */
  protected async open(
    flags: GlobalFlagValues & { readonly timeout?: string | undefined },
    file?: ConfigFile,
  ): Promise<Session> {
    const waits = 'waits' in this.ctor && this.ctor.waits === true;
    const values = waits ? flags : { ...flags, requestTimeout: flags.timeout };
    const contexts = file ?? (await readContexts());
    this.#session = await Session.open(processIo(), values, this.config.version, `${this.ctor.id}`, contexts);
    assertFormatOf(
      'formats' in this.ctor ? (this.ctor.formats as readonly OwnFormat[]) : [],
      this.#session.format,
    );
    return this.#session;
  }

  protected override async catch(error: CommandError): Promise<void> {
    throw this.#session === undefined ? error : await withTarget(this.#session, error);
  }

  protected override async finally(error: Error | undefined): Promise<void> {
    const session = this.#session;
    await session?.close(error);
    const { version } = this.config;
    if (session === undefined || session.machineOutput || session.flags.quiet) return;
    const server = session.serverVersion;
    if (server === undefined || server === version) return;
    const { noteNewerServer } = await import('./newer-server.ts');
    await noteNewerServer(session.io, version, server);
  }
}
