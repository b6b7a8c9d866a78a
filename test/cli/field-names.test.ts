import { describe, expect, it } from 'vitest';
import { reportError } from '../../src/cli/errors/error-report.ts';
import { withTypedNames } from '../../src/cli/errors/field-names.ts';
import { ApiError } from '../../src/client/api-error.ts';

const COMMAND = {
  flags: { ttl: {}, by: {}, tag: {}, set: {}, owner: {}, 'cost-center': {}, 'ssh-public-key': {}, team: {} },
  args: { principal: {} },
};

function shown(field: string, message: string, argv: readonly string[] = []) {
  const errors = [{ field, code: 'X', message }];
  const report = reportError(new ApiError('VALIDATION_FAILED', 'no', { status: 400, errors }));
  const [problem] = withTypedNames(report, COMMAND, argv).details;
  return `${problem?.field}: ${problem?.message}`;
}

describe('an error of the API names what was typed', () => {
  it.each([
    ['ttlHours', 'must be <= 8760', '--ttl: must be at most 8760 hours'],
    ['byHours', 'must be > 0', '--by: must be more than 0 hours'],
    ['costCenter', 'must NOT have fewer than 1 characters', '--cost-center: must not be empty'],
    ['owner', 'must NOT have more than 128 characters', '--owner: must have at most 128 characters'],
    ['sshPublicKey', 'is invalid', '--ssh-public-key: is invalid'],
    ['tags.aws:x', 'is reserved', '--tag aws:x: is reserved'],
    ['set.a.b', 'is not settable', '--set a.b: is not settable'],
    ['query.team', 'must be string', '--team: must be string'],
    [
      'query.principal',
      'must match pattern "^(local:[A-Za-z0-9][A-Za-z0-9._-]{0,62}|(user|role|sso):[0-9]{12}:[A-Za-z0-9_+=,.@/-]{1,256})$"',
      'PRINCIPAL: use local:NAME, user:ACCOUNT:NAME, role:ACCOUNT:NAME or sso:ACCOUNT:PERMISSION_SET',
    ],
    ['owner', 'must match pattern "^x$"', '--owner: has characters or a form that are not accepted'],
    ['unknownField', 'is odd', 'unknownField: is odd'],
  ])('%s %s', (field, message, expected) => {
    expect(shown(field, message)).toBe(expected);
  });

  it('and keeps the names of a file, unless a flag overrode them', () => {
    expect(shown('ttlHours', 'must be <= 8760', ['create', '-f', 'x'])).toBe(
      'ttlHours: must be at most 8760 hours',
    );
    for (const ttl of [['--ttl', '400d'], ['--ttl=400d']])
      expect(shown('ttlHours', 'x', ['create', '-f', 'x', ...ttl])).toBe('--ttl: x');
    expect(shown('ttlHours', 'x', ['run', '--', '-f'])).toBe('--ttl: x');
  });
});
