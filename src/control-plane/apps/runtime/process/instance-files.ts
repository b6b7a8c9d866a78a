import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { removeInstance } from '../../../kernel/process/instance/instance-claim.ts';
import { type InstanceRecords, listInstanceIds, readInstanceRecords } from './instance-records.ts';

/**
 * The directories of the driver: `instances/ID` with records and log, which only the server enters, and `environments/ENVIRONMENT/ID`, the home of
 * the instance.
 */
export class InstanceFiles {
  readonly instances: string;
  readonly #environments: string;
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.instances = join(directory, 'instances');
    this.#environments = join(directory, 'environments');
  }

  home(environmentId: string, id: string): string {
    return join(this.#environments, environmentId, id);
  }

  read(id: string): InstanceRecords | undefined {
    return readInstanceRecords(this.instances, id);
  }

  list(): InstanceRecords[] {
    return listInstanceIds(this.instances).flatMap((id) => this.read(id) ?? []);
  }

  makeEnvironment(environmentId: string): void {
    for (const folder of [this.#directory, this.#environments])
      if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o711 });
    mkdirSync(this.instances, { recursive: true, mode: 0o700 });
    mkdirSync(join(this.#environments, environmentId), { recursive: true, mode: 0o711 });
  }

  removeEnvironment(environmentId: string): void {
    rmSync(join(this.#environments, environmentId), { recursive: true, force: true });
  }

  /** Its home in whichever environment it is: the records may be gone already. */
  removeInstance(id: string): void {
    for (const environment of this.#environmentFolders())
      rmSync(this.home(environment, id), { recursive: true, force: true });
    removeInstance(this.instances, id);
  }

  listEnvironments(): string[] {
    const ofInstances = this.list().map(({ runner }) => runner.labels.environmentId);
    return [...new Set([...this.#environmentFolders(), ...ofInstances])].sort();
  }

  #environmentFolders(): string[] {
    return ifReadable(() => readdirSync(this.#environments)) ?? [];
  }
}
