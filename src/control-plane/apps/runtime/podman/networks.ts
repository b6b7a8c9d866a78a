import { z } from 'zod';
import type { Podman } from './podman.ts';
import { LABELS, networkName } from './run-arguments.ts';

const NETWORKS = z.array(z.object({ labels: z.record(z.string(), z.string()).nullish() })).nullable();

/** One network for each environment: names within it, and no way to another one (reference: point 23). */
export class ContainerNetworks {
  readonly #podman: Podman;

  constructor(podman: Podman) {
    this.#podman = podman;
  }

  async ensure(environmentId: string): Promise<void> {
    if (await this.#exists(environmentId)) return;
    const label = `${LABELS.environment}=${environmentId}`;
    const args = ['network', 'create', '--opt', 'isolate=true', '--label', label, networkName(environmentId)];
    try {
      await this.#podman.run(args);
    } catch (error) {
      // Another server has made it in the same moment.
      if (!(await this.#exists(environmentId))) throw error;
    }
  }

  async remove(environmentId: string): Promise<void> {
    if (await this.#exists(environmentId))
      await this.#podman.run(['network', 'rm', '--force', networkName(environmentId)]);
  }

  /** @returns the environments that have one */
  async list(): Promise<string[]> {
    const json = await this.#podman.run(['network', 'ls', '--format', 'json']);
    return (NETWORKS.parse(JSON.parse(json)) ?? []).flatMap(
      ({ labels }) => labels?.[LABELS.environment] ?? [],
    );
  }

  async #exists(environmentId: string): Promise<boolean> {
    const { code } = await this.#podman.try(['network', 'exists', networkName(environmentId)]);
    return code === 0;
  }
}
