import { createHash, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../../kernel/errors.ts';
import { ifReadable } from '../../../kernel/process/instance/if-readable.ts';
import { RuntimeError } from '../runtime-error.ts';

export interface UserRange {
  readonly first: number;
  readonly count: number;
}

/**
 * User ids that no distribution, systemd or container engine gives out (systemd, "Users, Groups, UIDs and GIDs": 1,879,048,192 to
 * 2,147,483,647 are unused). The group id is the same number.
 */
export const ENVIRONMENT_USERS: UserRange = { first: 1_900_000_000, count: 65_536 };

/**
 * One user of the system for each environment: its programs can neither read nor signal those of another one, and share volumes with each
 * other. There is no name for it in /etc/passwd.
 */
export class EnvironmentUsers {
  readonly #directory: string;
  readonly #range: UserRange;

  /** @param directory has a file for each user in use, whose text is the environment */
  constructor(directory: string, range: UserRange = ENVIRONMENT_USERS) {
    this.#directory = directory;
    this.#range = range;
  }

  /** @returns the user of the environment; takes the next free one the first time */
  assign(environmentId: string): number {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const known = this.find(environmentId);
    if (known !== undefined) return known;
    const { first, count } = this.#range;
    const start = createHash('sha256').update(environmentId).digest().readUInt32BE(0) % count;
    for (let tries = 0; tries < count; tries++) {
      const uid = first + ((start + tries) % count);
      if (!this.#take(`uid-${uid}`, environmentId)) continue;
      // Two starts may have taken one each: the first one that is recorded is right.
      if (this.#take(`environment-${environmentId}`, String(uid))) return uid;
      rmSync(join(this.#directory, `uid-${uid}`), { force: true });
      return this.find(environmentId) ?? this.assign(environmentId);
    }
    throw new RuntimeError('unavailable', `all ${count} users for environments are in use`);
  }

  find(environmentId: string): number | undefined {
    const text = ifReadable(() =>
      readFileSync(join(this.#directory, `environment-${environmentId}`), 'utf8'),
    );
    return text === undefined ? undefined : Number(text);
  }

  /** Once nothing of the environment is left. */
  release(environmentId: string): void {
    const uid = this.find(environmentId);
    if (uid !== undefined) rmSync(join(this.#directory, `uid-${uid}`), { force: true });
    rmSync(join(this.#directory, `environment-${environmentId}`), { force: true });
  }

  /** Creates a file as a whole. @returns whether there was none of this name, or it has this text */
  #take(name: string, text: string): boolean {
    const path = join(this.#directory, name);
    const temporary = join(this.#directory, `.${name}-${randomBytes(4).toString('hex')}`);
    writeFileSync(temporary, text, { flag: 'wx', mode: 0o600 });
    try {
      linkSync(temporary, path);
      return true;
    } catch (error) {
      if (systemCodeOf(error) !== 'EEXIST') throw error;
      return ifReadable(() => readFileSync(path, 'utf8')) === text;
    } finally {
      rmSync(temporary, { force: true });
    }
  }
}
