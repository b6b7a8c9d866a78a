import type { Podman } from '../runtime/podman/podman.ts';
import { assertInstanceId, mapRuntimeErrors } from '../runtime/runtime-error.ts';
import type { VolumeDriver } from './volume-driver.ts';

const NO_SUCH_VOLUME = 1;

/** Volumes of the runtime `podman`: volumes of podman, in the storage of the installation. */
export class PodmanVolumes implements VolumeDriver {
  readonly #podman: Podman;

  constructor(podman: Podman) {
    this.#podman = podman;
  }

  create(id: string): Promise<string> {
    return mapRuntimeErrors('make the volume', async () => {
      const name = volumeName(id);
      if (await this.#exists(name)) return name;
      await this.#podman.run(['volume', 'create', name]).catch(async (error: unknown) => {
        // Another server has made it in the same moment.
        if (!(await this.#exists(name))) throw error;
      });
      return name;
    });
  }

  find(id: string): Promise<string | undefined> {
    return mapRuntimeErrors('find the volume', async () => {
      const name = volumeName(id);
      return (await this.#exists(name)) ? name : undefined;
    });
  }

  remove(id: string): Promise<void> {
    return mapRuntimeErrors('remove the volume', async () => {
      const name = volumeName(id);
      if (await this.#exists(name)) await this.#podman.run(['volume', 'rm', name]);
    });
  }

  async residueOf(id: string): Promise<readonly string[]> {
    const name = await this.find(id);
    return name === undefined ? [] : [`volume ${name} (podman)`];
  }

  /** Only its own answer counts: that podman could not be asked is not that there is none. */
  async #exists(name: string): Promise<boolean> {
    const { code } = await this.#podman.try(['volume', 'exists', name]);
    if (code === NO_SUCH_VOLUME) return false;
    if (code !== 0) await this.#podman.run(['volume', 'inspect', name]);
    return true;
  }
}

function volumeName(id: string): string {
  assertInstanceId(id);
  return `ocpctl-${id}`;
}
