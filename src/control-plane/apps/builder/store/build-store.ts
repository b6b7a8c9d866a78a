import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { publishDurably, writeDurably } from '../../../kernel/durable-file.ts';
import { ifExists } from '../../../kernel/errors.ts';
import type { BuildOutput } from '../builder.ts';

const recordSchema = z.object({
  version: z.literal(1),
  digest: z.string(),
  sizeBytes: z.int().min(0),
  builtAt: z.iso.datetime(),
  /** Name of the folder in `outputs`. */
  folder: z.string().regex(/^[\w-]+$/),
  /** Of what an instance needs, in that folder. */
  path: z.string(),
});
type BuildRecord = z.infer<typeof recordSchema>;

export interface StoredBuild extends BuildOutput {
  readonly builtAt: Date;
  readonly artifact: { readonly kind: 'directory'; readonly path: string };
}

/** Where a build works, and where its output stays: virtual environments and some tools keep absolute paths. */
export interface BuildFolder {
  readonly name: string;
  readonly path: string;
}

/**
 * Outputs of builds by content. `outputs/NAME` is the folder of a build, in which it worked; `records/HASH.json`, written at the end, makes
 * it the output for an input. A folder without a record is what a build that did not end has left.
 */
export class BuildStore {
  readonly #directory: string;
  readonly #outputs: string;
  readonly #records: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#outputs = join(directory, 'outputs');
    this.#records = join(directory, 'records');
  }

  /** @param owner first part of its name, by which what it left is found: letters, digits, `_` */
  async newFolder(owner: string): Promise<BuildFolder> {
    await this.#open();
    const name = `${owner}-${randomBytes(9).toString('base64url')}`;
    const path = join(this.#outputs, name);
    await mkdir(path, { mode: 0o700 });
    return { name, path };
  }

  /** @returns the output for this input: that of another build, when it was first or has made the same */
  async add(
    inputHash: string,
    folder: BuildFolder,
    built: {
      readonly digest: string;
      readonly sizeBytes: number;
      readonly path: string;
      readonly builtAt: Date;
    },
  ): Promise<StoredBuild> {
    const { digest, sizeBytes, path } = built;
    const own: BuildRecord = {
      ...{ version: 1, digest, sizeBytes, path, folder: folder.name },
      builtAt: built.builtAt.toISOString(),
    };
    const same = (await this.#all()).find((each) => each.digest === digest);
    await chmod(folder.path, 0o711);
    const shared = same === undefined ? undefined : { ...own, folder: same.folder, path: same.path };
    // The same output of another build may be removed meanwhile: then this one is kept.
    const stored =
      (shared && (await this.#publish(inputHash, shared))) ?? (await this.#publish(inputHash, own));
    if (stored === undefined) throw new Error(`the output ${digest} was removed while it was stored`);
    if (!stored.artifact.path.startsWith(`${folder.path}/`)) await this.discard(folder);
    return stored;
  }

  /** @returns the output for the input: that of an earlier record when there is one; undefined when its folder is gone */
  async #publish(inputHash: string, record: BuildRecord): Promise<StoredBuild | undefined> {
    const file = this.#recordFile(inputHash);
    const temporary = join(this.#records, `.${randomBytes(9).toString('base64url')}`);
    await writeDurably(temporary, [Buffer.from(`${JSON.stringify(record)}\n`)]);
    try {
      // What is there and not found is damaged, or has lost its folder.
      if ((await this.forInput(inputHash)) === undefined) await rm(file, { force: true });
      await publishDurably(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
    return this.forInput(inputHash);
  }

  async forInput(inputHash: string): Promise<StoredBuild | undefined> {
    const record = await this.#read(this.#recordFile(inputHash));
    return record === undefined ? undefined : this.#stored(record);
  }

  async find(digest: string): Promise<StoredBuild | undefined> {
    const record = (await this.#all()).find((each) => each.digest === digest);
    return record === undefined ? undefined : this.#stored(record);
  }

  /** One of each digest, the newest time of those that made it. */
  async list(): Promise<StoredBuild[]> {
    const newest = new Map<string, BuildRecord>();
    for (const record of await this.#all()) {
      const known = newest.get(record.digest);
      if (known === undefined || known.builtAt < record.builtAt) newest.set(record.digest, record);
    }
    return [...newest.values()].map((record) => this.#stored(record));
  }

  /** First the records: an output that is half removed is not found. */
  async remove(digest: string): Promise<void> {
    const folders = new Set<string>();
    for (const file of await this.#recordFiles()) {
      const record = await this.#read(file);
      if (record?.digest !== digest) continue;
      folders.add(record.folder);
      await rm(file, { force: true });
    }
    for (const name of folders) await this.discard({ name, path: join(this.#outputs, name) });
  }

  /** Renamed first, so that no folder is both half removed and of a name that is known. */
  async discard({ path, name }: BuildFolder): Promise<void> {
    const condemned = join(this.#outputs, `.removed-${name}-${randomBytes(6).toString('base64url')}`);
    await ifExists(rename(path, condemned));
    await rm(condemned, { recursive: true, force: true });
  }

  /** Removes what builds of this owner left without a record. The caller knows that none of them runs. @returns their names */
  async discardUnrecorded(owner: string): Promise<string[]> {
    return this.#discardLeft((name) => name.startsWith(`${owner}-`));
  }

  /** Removes what builds of all owners left without a record before this time: longer ago than any build may take. @returns their names */
  async discardAbandoned(before: Date): Promise<string[]> {
    return this.#discardLeft(async (name) => {
      const found = await ifExists(stat(join(this.#outputs, name)));
      return found !== undefined && found.ctime < before;
    });
  }

  async #discardLeft(isLeft: (name: string) => boolean | Promise<boolean>): Promise<string[]> {
    const kept = new Set((await this.#all()).map(({ folder }) => folder));
    const discarded: string[] = [];
    for (const name of (await ifExists(readdir(this.#outputs))) ?? []) {
      if (kept.has(name) || !(await isLeft(name))) continue;
      await this.discard({ name, path: join(this.#outputs, name) });
      discarded.push(name);
    }
    return discarded;
  }

  /** Other users enter folders whose names they know, and list none. */
  async #open(): Promise<void> {
    await mkdir(this.#outputs, { recursive: true });
    for (const folder of [this.#directory, this.#outputs]) await chmod(folder, 0o711);
    await mkdir(this.#records, { recursive: true, mode: 0o700 });
  }

  #recordFile(inputHash: string): string {
    return join(this.#records, `${createHash('sha256').update(inputHash).digest('hex')}.json`);
  }

  async #recordFiles(): Promise<string[]> {
    const names = (await ifExists(readdir(this.#records))) ?? [];
    return names.filter((name) => name.endsWith('.json')).map((name) => join(this.#records, name));
  }

  async #all(): Promise<BuildRecord[]> {
    const records = await Promise.all((await this.#recordFiles()).map((file) => this.#read(file)));
    return records.filter((record) => record !== undefined);
  }

  /** @returns undefined without the file, and for one that is damaged or has lost its output: the input is then built again */
  async #read(file: string): Promise<BuildRecord | undefined> {
    const record = parseRecord(await ifExists(readFile(file, 'utf8')));
    if (record === undefined) return undefined;
    const found = await ifExists(stat(join(this.#outputs, record.folder, record.path)));
    return found === undefined ? undefined : record;
  }

  #stored({ digest, sizeBytes, builtAt, folder, path }: BuildRecord): StoredBuild {
    const artifact = { kind: 'directory', path: join(this.#outputs, folder, path) } as const;
    return { digest, sizeBytes, builtAt: new Date(builtAt), artifact };
  }
}

function parseRecord(text: string | undefined): BuildRecord | undefined {
  try {
    return text === undefined ? undefined : recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
