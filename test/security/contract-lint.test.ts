import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { installPackages, report, runTool } from './tools.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGES = ['@stoplight/spectral-cli@6.16.3', '@stoplight/spectral-owasp-ruleset@2.0.1'];

interface Finding {
  readonly code: string;
  readonly message: string;
  readonly path: readonly (string | number)[];
}

test('spectral: openapi.yaml keeps the rules of OWASP, but for those that spectral.yaml explains', async () => {
  const home = await installPackages(...PACKAGES);
  // Rules are looked for beside their ruleset.
  const ruleset = join(home, 'spectral.yaml');
  await copyFile(join(ROOT, 'test/security/spectral.yaml'), ruleset);
  const spectral = join(home, 'node_modules/@stoplight/spectral-cli/dist/index.js');
  const args = ['lint', join(ROOT, 'openapi.yaml'), '--ruleset', ruleset, '--format', 'json', '--quiet'];
  const { output } = await runTool(process.execPath, [spectral, ...args], {
    cwd: home,
    env: { SCARF_ANALYTICS: 'false' },
    timeoutMs: 180_000,
  });
  const findings = (JSON.parse(output) as Finding[]).map(
    ({ code, path, message }) => `${code} at ${path.join('.')}: ${message}`,
  );
  report('spectral', 'openapi.yaml against its own and the OWASP rules', `${findings.length || 'nothing'}`);
  expect(findings).toEqual([]);
});
