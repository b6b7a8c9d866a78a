// In the bundle of quick commands this file is `@oclif/core/command`, `/flags`, `/args` and `/errors`: what a command that has been
// parsed needs of them. Loading oclif itself costs 60 ms of CPU.
import type { PlainInput } from './parse-plain.ts';

/** Definitions are kept as they are: parse-plain.ts reads them. */
export const string = (options: object = {}) => ({ ...options, type: 'option' });
export const boolean = (options: object = {}) => ({ ...options, type: 'boolean' });
/** A string whose `options` are its type. */
export const option =
  (defaults: object) =>
  (options: object = {}) =>
    string({ ...defaults, ...options });

/** No parser of oclif throws it here; what is thrown is compared with it. */
export class CLIError extends Error {
  readonly oclif = { exit: 2 };
}

export interface CommandConfig {
  readonly version: string;
}

export abstract class QuickCommand {
  readonly #input: PlainInput;
  protected readonly config: CommandConfig;

  constructor(input: PlainInput, config: CommandConfig) {
    this.#input = input;
    this.config = config;
  }

  protected get ctor(): object {
    return this.constructor;
  }

  /** It was parsed before the command was made. */
  protected async parse(): Promise<PlainInput> {
    return this.#input;
  }

  abstract run(): Promise<void>;
  protected abstract catch(error: unknown): Promise<void>;
  protected abstract finally(error: unknown): Promise<void>;

  /** Runs the command in the order of oclif. */
  async _run(): Promise<void> {
    let failure: unknown;
    try {
      await this.run();
    } catch (error) {
      failure = error;
      await this.catch(error);
    } finally {
      await this.finally(failure);
    }
  }
}

export { QuickCommand as Command };
