const TEAM = 'use at most 63 letters, digits, spaces and _ . : / = + @ -, with a letter or digit first';
const ID = 'use an id as lists show it';
const NO_COMMA = 'must not have a comma';
const DIGEST = 'must be a SHA-256 in lower-case hexadecimal digits';

/** What the patterns of openapi.yaml ask for, by the pattern. A test holds the list complete. */
export const PATTERN_WORDS: Readonly<Record<string, string>> = {
  '^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$':
    'use at most 40 lower-case letters, digits and dashes, with a letter first and no dash last',
  '^(/(?!\\.\\.?(/|$))[A-Za-z0-9._-]+)+$':
    'use an absolute path of letters, digits and . _ -, without . and ..',
  '^/[!-~]*$': 'must begin with / and have no spaces',
  '^[A-Za-z_][A-Za-z0-9_]{0,127}$': 'use letters, digits and _, with no digit first',
  '^[0-9a-f]{64}$': DIGEST,
  '^([0-9]{12}-[0-9]{6})?$': 'must be empty or YYYYMMDDHHMM-NNNNNN',
  '^[0-9]{1,16}$': 'use a whole number',
  '^[0-9]{4}-[0-9]{2}-[0-9]{2}$': 'use a date such as 2026-12-24',
  '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$': 'use a time such as 19:00, at most 24:00',
  '^([01][0-9]|2[0-3]):[0-5][0-9]$': 'use a time such as 08:00, at most 23:59',
  '^[A-Za-z0-9][A-Za-z0-9 _.:/=+@-]{0,62}$': TEAM,
  '^(\\*|[A-Za-z0-9][A-Za-z0-9 _.:/=+@-]{0,62})$': `use * for all teams, or a team: ${TEAM.slice('use '.length)}`,
  '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$':
    'use at most 63 lower-case letters, digits and dashes, with no dash first or last',
  '^A[A-Z0-9]{15,127}$': 'use an access key id as lists show it',
  '^local:[A-Za-z0-9][A-Za-z0-9._-]{0,62}$':
    'use local:NAME, with at most 63 letters, digits and . _ - in the name',
  '^(local:[A-Za-z0-9][A-Za-z0-9._-]{0,62}|(user|role|sso):[0-9]{12}:[A-Za-z0-9_+=,.@/-]{1,256})$':
    'use local:NAME, user:ACCOUNT:NAME, role:ACCOUNT:NAME or sso:ACCOUNT:PERMISSION_SET',
  '^[A-Z][A-Z0-9_]*$': 'use an error code such as NAME_TAKEN',
  '^[a-z][a-z0-9-]*$': 'use lower-case letters, digits and dashes, with a letter first',
  '^[a-z0-9][a-z0-9_-]*$': 'use lower-case letters, digits, _ and -, with a letter or digit first',
  '^([A-Za-z0-9_-]{16,128}|"[A-Za-z0-9_-]{16,128}")$': 'use 16 to 128 letters, digits, - and _',
  '^[A-Za-z0-9_-]*$': ID,
  '^[A-Za-z0-9_-]+$': 'use a cursor as the last page gave it',
  '^[^,]*$': NO_COMMA,
  '^[^=,]+=[^,]*$': 'use KEY=VALUE without commas',
  '^[a-z][a-z.-]*$': 'use an action as the audit log shows it, such as cluster.create',
  '^orp_[0-9a-z]{26}$': ID,
};
