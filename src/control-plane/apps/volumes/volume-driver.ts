/**
 * Keeps the data of volumes on this host, beside the runtime whose instances use them. Methods are safe to repeat and throw `RuntimeError`.
 */
export interface VolumeDriver {
  /** Makes an empty volume unless it is there. @returns what an instance mounts */
  create(id: string): Promise<string>;
  /** @returns what an instance mounts; undefined: it is not there */
  find(id: string): Promise<string | undefined>;
  /** Removes it with its data; no instance has it. */
  remove(id: string): Promise<void>;
  /** What of the volume is still on the host. */
  residueOf(id: string): Promise<readonly string[]>;
}
