import * as z from 'zod';

const words = z.record(z.string(), z.string()).default({});
const schema = z.object({
  name: z.string().optional(),
  main: z.string().optional(),
  packageManager: z.string().optional(),
  scripts: words,
  dependencies: words,
  devDependencies: words,
  engines: z.object({ node: z.string().optional() }).default({}),
});

export type PackageJson = z.infer<typeof schema>;

/** @returns the fields that decide; a sentence when it is not a package.json */
export function parsePackageJson(text: string): PackageJson | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'package.json is not valid JSON';
  }
  const { data, error } = schema.safeParse(parsed);
  if (data !== undefined) return data;
  const [issue] = error.issues;
  return `package.json: ${issue?.path.join('.')}: ${issue?.message}`;
}

export function hasDependency(json: PackageJson, name: string): boolean {
  return name in json.dependencies || name in json.devDependencies;
}
