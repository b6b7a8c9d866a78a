import * as z from 'zod';

const imagesSchema = z
  .array(
    z.object({
      id: z.string(),
      names: z.array(z.string()).nullable(),
      createdatraw: z.iso.datetime({ offset: true }),
      size: z.string(),
    }),
  )
  .nullable();

const UNITS: Readonly<Record<string, number>> = { B: 1, KB: 1e3, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };

export interface ListedImage {
  /** `sha256:…` of its configuration, which names its layers by their content. */
  readonly digest: string;
  readonly names: readonly string[];
  /** As buildah rounds it. */
  readonly sizeBytes: number;
  readonly builtAt: Date;
}

/** @returns what `buildah images --json --no-trunc` lists */
export function parseImages(json: string): ListedImage[] {
  return (imagesSchema.parse(JSON.parse(json)) ?? []).map(({ id, names, createdatraw, size }) => ({
    digest: id.startsWith('sha256:') ? id : `sha256:${id}`,
    names: names ?? [],
    sizeBytes: bytesOf(size),
    builtAt: new Date(createdatraw),
  }));
}

function bytesOf(size: string): number {
  const [, number = '0', unit = 'B'] = /^([\d.]+) ?([kKMGT]?B)$/.exec(size) ?? [];
  return Math.round(Number(number) * (UNITS[unit] ?? 1));
}
