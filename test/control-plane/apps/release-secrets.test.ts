import { expect, test } from 'vitest';
import { ReleaseSecrets } from '../../../src/control-plane/apps/jobs/release-secrets.ts';
import type { Queryable } from '../../../src/control-plane/kernel/db/db.ts';
import type { SecretStore } from '../../../src/control-plane/kernel/secrets/secret-store.ts';

const VALUES: Readonly<Record<string, Record<string, string>>> = {
  one: { PIN: 's3cr3tpin-4821', KEY: 'first line\nsecond line' },
  two: { PIN: 'another-pin-17' },
};

test('A5, A10: a value is replaced in what its own release wrote, and tells nothing in what others wrote', async () => {
  const open = async (_: Queryable, { ownerId }: { readonly ownerId: string }) =>
    Buffer.from(JSON.stringify(VALUES[ownerId]));
  const secrets = new ReleaseSecrets({ open } as Partial<SecretStore> as SecretStore);
  const line = 'pins s3cr3tpin-4821, another-pin-17, second line';
  const shown = async (release: string) =>
    (await secrets.redactorOf({} as Queryable, release)).redactLine(line);
  expect(await shown('one')).toBe('pins [redacted], another-pin-17, [redacted]');
  expect(await shown('two')).toBe('pins s3cr3tpin-4821, [redacted], second line');
  expect(await shown('one'), 'again').toBe('pins [redacted], another-pin-17, [redacted]');
});
