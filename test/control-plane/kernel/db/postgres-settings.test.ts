import { expect, test } from 'vitest';
import { connectionSettings } from '../../../../src/control-plane/kernel/db/postgres-settings.ts';

test.each([
  ['host=db.example.com user=ocpctl password=s3cret', 'has the key=value form of libpq'],
  [" dbname = 'ocpctl' password=s3cret", 'has the key=value form of libpq'],
  ['ocpctl:s3cret', 'is not a URL of PostgreSQL'],
  ['mysql://ocpctl:s3cret@db.example.com/ocpctl', 'is not a URL of PostgreSQL'],
  ['//ocpctl:s3cret@', 'is not a URL'],
])('DATABASE_URL %j is refused with the form that it needs, and is not quoted', (url, problem) => {
  try {
    connectionSettings({ url });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({
      name: 'SetupError',
      message: expect.stringContaining(`DATABASE_URL ${problem}`),
      hint: expect.stringContaining('postgresql://user:password@host:5432/database'),
    });
    expect(String(error)).not.toContain('s3cret');
  }
});
