import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../../src/control-plane/kernel/telemetry/redaction.ts';
import { REDACTED } from '../../../../src/control-plane/kernel/telemetry/secret-patterns.ts';

const PULL_SECRET =
  '{"auths":{"cloud.openshift.com":{"auth":"b3BlbnNoaWZ0LXJlbGVhc2UtZGV2OnNlY3JldHNlY3JldA==","email":"me@example.com"}}}';

function redactorOf(...values: string[]) {
  const redactor = createRedactor();
  for (const value of values) redactor.register(value);
  return redactor;
}

describe('G15: a known value', () => {
  const value = 'pa"ss <w&ö>rd/+(1)!';
  const json = JSON.stringify(value).slice(1, -1);
  const hidden: Record<string, string> = {
    plain: value,
    'escaped for JSON': json,
    'escaped twice': JSON.stringify(json).slice(1, -1),
    'escaped by Go': json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026'),
    'in a URL': encodeURIComponent(value),
    'in a form': new URLSearchParams({ x: value }).toString().slice(2),
    base64: Buffer.from(value).toString('base64'),
    base64url: Buffer.from(value).toString('base64url'),
  };

  it.each(Object.entries(hidden))('is replaced %s', (_how, form) => {
    expect(redactorOf(value).redactLine(`before ${form} after`)).toBe(`before ${REDACTED} after`);
  });

  it.each(['', 'u', 'us', 'user:'])('is replaced within a longer base64 text, after %j', (before) => {
    const secret = 'correct horse battery';
    const text = Buffer.from(`${before}${secret} and more`).toString('base64');
    const redacted = redactorOf(secret).redactLine(text);
    expect(redacted).toContain(REDACTED);
    const left = redacted.split(REDACTED).map((part) => Buffer.from(part, 'base64').toString('latin1'));
    for (const part of left) expect(part).not.toContain('horse');
  });

  it('never comes out, whatever is around it', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', '1', '"', '\\', ' ', '=', '\n', '%') });
    const secret = fc.string({ unit: fc.constantFrom('x', 'Y', '0', '"', '\\', '$', '.'), minLength: 8 });
    fc.assert(
      fc.property(text, secret, text, (before, value, after) => {
        expect(redactorOf(value).redactLine(`${before}${value}${after}`)).not.toContain(value);
      }),
    );
  });

  it('of many lines is replaced as a whole, and its parts one by one', () => {
    const kubeconfig = `kind: Config\nusers:\n- name: admin\n  user:\n    client-certificate-data: ${'QUJD'.repeat(20)}\n`;
    const { redactLine } = redactorOf(kubeconfig, PULL_SECRET);
    expect(redactLine(`got ${kubeconfig}`)).toBe(`got ${REDACTED}`);
    expect(redactLine(`got ${'QUJD'.repeat(20)} and kind: Config`)).toBe(`got ${REDACTED} and kind: Config`);
    expect(redactLine('b3BlbnNoaWZ0LXJlbGVhc2UtZGV2OnNlY3JldHNlY3JldA== of me@example.com')).toBe(
      `${REDACTED} of me@example.com`,
    );
    expect(redactLine(JSON.stringify({ msg: `invalid pullSecret ${PULL_SECRET}` }))).not.toContain(
      'b3BlbnNo',
    );
  });

  it('is left alone when it is too short, and after it was forgotten', () => {
    const redactor = createRedactor();
    redactor.register('seven77');
    expect(redactor.redactLine('seven77')).toBe('seven77');
    const [forget, forgetAgain] = [redactor.register('eight888'), redactor.register('eight888')];
    forget();
    forget();
    expect(redactor.redactLine('eight888')).toBe(REDACTED);
    forgetAgain();
    expect(redactor.redactLine('eight888')).toBe('eight888');
  });

  it('is replaced before its own beginning is', () => {
    expect(redactorOf('beginning', 'beginning-and-rest').redactLine('beginning-and-rest')).toBe(REDACTED);
  });
});

describe('G15: what looks like a secret', () => {
  const R = REDACTED;
  const cases: readonly (readonly [string, string])[] = [
    [PULL_SECRET, `{"auths":${R}}`],
    [JSON.stringify(PULL_SECRET), `"{\\"auths\\":${R}}"`],
    [`pullSecret: ${PULL_SECRET.slice(0, 40)}`, `pullSecret: {"auths":${R}`],
    ['{"password":"a\\"b","n":1}', `{"password":"${R}","n":1}`],
    ['{"aws_secret_access_key" : "abc", "x":"y"}', `{"aws_secret_access_key" : "${R}", "x":"y"}`],
    ['msg="{\\"token\\":\\"abc\\",\\"n\\":1}"', `msg="{\\"token\\":\\"${R}\\",\\"n\\":1}"`],
    [
      'Login to the console with user: "kubeadmin", and password: "abc def"',
      `Login to the console with user: "kubeadmin", and password: "${R}"`,
    ],
    [
      'level=info msg="Login with user: \\"kubeadmin\\", and password: \\"abc def\\" now"',
      `level=info msg="Login with user: \\"kubeadmin\\", and password: \\"${R}\\" now"`,
    ],
    ['password: hunter22 next', `password: ${R} next`],
    ['it is 5char-aB3de-fGh1j-KLm2o-pQr3t', 'it is 5char-aB3de-fGh1j-KLm2o-pQr3t'],
    ['it is aB3de-fGh1j-KLm2o-pQr3t.', `it is ${R}.`],
    ['using AKIAIOSFODNN7EXAMPLE in', `using ${R} in`],
    ['AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG AWS_REGION=x', `AWS_SECRET_ACCESS_KEY=${R} AWS_REGION=x`],
    ['aws_session_token = IQoJb3JpZ2luX2VjE x', `aws_session_token = ${R} x`],
    ['Authorization: AWS4-HMAC-SHA256 Credential=x, Signature=y', `Authorization: ${R}`],
    ['sent Bearer abcdefghij1 ok', `sent Bearer ${R} ok`],
    ['sent Basic dXNlcjpwYXNz ok', `sent Basic ${R} ok`],
    ['https://h/p?X-Amz-Signature=abc&a=1', `https://h/p?X-Amz-Signature=${R}&a=1`],
    ['X-Amz-Security-Token=abc%2F&b', `X-Amz-Security-Token=${R}&b`],
    ['jwt eyJhbGciOi.eyJzdWIiOi.SflKxw end', `jwt ${R} end`],
    ['    client-key-data: LS0tLS1CRUdJTg==', `    client-key-data: ${R}`],
    ['    token: sha256~abc', `    token: ${R}`],
    ['got sha256~AbC-1_2 here', `got ${R} here`],
    ['postgres://ocpctl:hunter2@db:5432/x', `postgres://ocpctl:${R}@db:5432/x`],
    ['key -----BEGIN RSA PRIVATE KEY-----\\nMII\\n-----END RSA PRIVATE KEY----- x', `key ${R} x`],
    ['a\n-----BEGIN PRIVATE KEY-----\nMII\nabc\n-----END PRIVATE KEY-----\nb', `a\n${R}\nb`],
    ['X-Auth-Token: abc', `X-Auth-Token: ${R}`],
    ['UserData:eyIgnition,Next', `UserData:${R},Next`],
  ];

  it.each(cases)('%s', (line, expected) => {
    expect(createRedactor().redactLine(line)).toBe(expected);
  });

  it('does not take what only resembles one', () => {
    const lines = [
      'cluster demo-x7k2p of clu_01jabcdefghjkmnpqrstvwxyz0 is READY',
      'id 123e4567-e89b-12d3-a456-426614174000',
      'level=info msg=Deleted arn="arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0aa" id=vpc-0aa resourceType=vpc',
      'machine demo-x7k2p-worker-us-east-1a-b2c3d',
      'Basic authentication failed; see https://example.com/docs:latest',
      'author: me, secretary: you, {"authority":"x","tokenizer":"y"}',
      'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'Waiting up to 20m0s (until 2:52PM CEST) for the Kubernetes API at https://api.demo.labs.example.com:6443...',
    ];
    for (const line of lines) expect(createRedactor().redactLine(line)).toBe(line);
  });

  it('is looked for in a huge line in passing, whatever the line is made of', () => {
    // A pattern that tries again and again would run into the time limit of the test.
    for (const unit of ['\\', '\\"', 'a-', '"a', '{"auths":{', 'token\\":\\"', 'Basic ', '://a:']) {
      const line = unit.repeat(100_000);
      expect(createRedactor().redactLine(`${line} password: abc`)).not.toContain('abc');
    }
  });

  it('leaves JSON as JSON', () => {
    const record = { msg: `x ${PULL_SECRET}`, password: 'p', list: [{ token: 't' }], n: 1, nothing: null };
    expect(createRedactor().redactValue(record)).toEqual({
      msg: `x {"auths":${R}}`,
      password: R,
      list: [{ token: R }],
      n: 1,
      nothing: null,
    });
  });
});
