import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterFileOf, parseClusterFile } from '../../src/cli/clusters/cluster-file.ts';
import { HELP_TOPICS } from '../../src/cli/output/help-topics.ts';
import type { ClusterPlan } from '../../src/contract/documents.ts';

const read = (text: string) => parseClusterFile(text, 'c.yaml');

describe('a cluster file', () => {
  it('keeps texts as they are written, whatever YAML 1.1 or 1.2 would make of them', () => {
    const text =
      'version: 4.20\nowner: no\nname: 0123\nprofile: "p"\ntags: {a: yes, b: 12:30:00, c: 2026-01-01, d: 1_000, e: true, f: 1e3, g: 0x1f, 1: on}\n';
    expect(read(text)).toEqual({
      version: '4.20',
      owner: 'no',
      name: '0123',
      profile: 'p',
      tags: {
        a: 'yes',
        b: '12:30:00',
        c: '2026-01-01',
        d: '1_000',
        e: 'true',
        f: '1e3',
        g: '0x1f',
        1: 'on',
      },
    });
  });

  it('has numbers and booleans where the API has them, and in set', () => {
    const text = 'ttlHours: 1.5\nworkers: 3\noffhours: true\nset: {a.b: 5, a.c: false, a.d: yes, a.e: "5"}\n';
    expect(read(text)).toEqual({
      ttlHours: 1.5,
      workers: 3,
      offhours: true,
      set: { 'a.b': 5, 'a.c': false, 'a.d': 'yes', 'a.e': '5' },
    });
  });

  it('can be JSON', () => {
    expect(read('{"name": "demo", "tags": {"a": "b"}}')).toEqual({ name: 'demo', tags: { a: 'b' } });
  });

  it.each([
    ['porfile: x\n', 'c.yaml:1:1: unknown field "porfile"; did you mean "profile"?'],
    ['name: a\n\nttl: 8h\n', /^c\.yaml:3:1: unknown field "ttl"; use name, profile, /],
    ['name: a\nworkers: "3"\n', 'c.yaml:2:10: workers must be a number, without quotes'],
    ['workers: .inf\n', 'c.yaml:1:10: workers must be a number, without quotes'],
    ['offhours: yes\n', 'c.yaml:1:11: offhours must be true or false, without quotes'],
    ['team:\n', 'c.yaml:1:6: team must be a text'],
    ['team: [a]\n', 'c.yaml:1:7: team must be a text'],
    ['tags:\n  a: &x b\n  c: *x\n', 'c.yaml:3:6: tags.c must be a text'],
    ['tags: [a]\n', 'c.yaml:1:1: tags must be KEY: VALUE lines'],
    ['set:\n  a: ~\n', 'c.yaml:2:6: set.a must be a text, a number, true or false'],
    ['name: a\nname: b\n', /^c\.yaml:2:1: .*unique/],
    ['name: a\n---\nname: b\n', 'c.yaml:2:1: a second document; use one file for each cluster'],
    ['', /^c\.yaml:1:1: must be fields of a cluster/],
    ['- name: a\n', /^c\.yaml:1:1: must be fields of a cluster/],
    ['{"request": {}, "installConfig": {}}', 'c.yaml is the JSON of a dry run, not a cluster file'],
  ])('is refused with its position: %j', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('is refused with all its problems', () => {
    const invalid = 'porfile: x\nworkers: many\ntags: {a: }\n';
    expect(() => read(invalid)).toThrow(
      expect.objectContaining({
        message: 'c.yaml has 3 problems',
        exitCode: 2,
        details: [
          { field: 'c.yaml:1:1', code: 'INVALID_FIELD', message: expect.stringContaining('did you mean') },
          { field: 'c.yaml:2:10', code: 'INVALID_FIELD', message: expect.stringContaining('number') },
          { field: 'c.yaml:3:11', code: 'INVALID_FIELD', message: expect.stringContaining('tags.a') },
        ],
      }),
    );
  });

  it('is what a dry run prints, for any texts', () => {
    const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
    const texts = fc.dictionary(text, text, { maxKeys: 4, noNullPrototype: true });
    const values = fc.dictionary(text, fc.oneof(text, fc.integer(), fc.boolean()), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    fc.assert(
      fc.property(text, text, texts, values, (owner, warning, tags, set) => {
        const plan = planOf({ owner, set, warning });
        const printed = clusterFileOf({ name: 'demo', profile: 'p', tags }, plan);
        const { platform: _platform, workerReplicas, set: _set, ...same } = plan.request;
        expect(read(printed)).toEqual({
          ...same,
          workers: workerReplicas,
          ...(Object.keys(tags).length > 0 && { tags }),
          ...(Object.keys(set).length > 0 && { set }),
        });
        // As PyYAML, Ansible and Go read it.
        expect(parse(printed, { version: '1.1' })).toEqual(parse(printed));
      }),
    );
  });

  it('has the fields of its schema and of its help', () => {
    const schema: unknown = JSON.parse(
      readFileSync(new URL('../../schemas/cluster-file.schema.json', import.meta.url), 'utf8'),
    );
    const { properties } = schema as { properties: object };
    const help = HELP_TOPICS.find(({ name }) => name === 'cluster-file')?.text() ?? '';
    const explained = [...help.matchAll(/^ {2}(\w+) {2,}\S/gm)].map(([, name]) => name);
    expect(Object.keys(properties).sort()).toEqual([...explained].sort());
    for (const name of Object.keys(properties)) expect(() => read(`${name}: {}`)).not.toThrow('unknown');
  });
});

function planOf({
  owner,
  set,
  warning,
}: {
  owner: string;
  set: ClusterPlan['request']['set'];
  warning: string;
}): ClusterPlan {
  return {
    request: {
      name: 'demo',
      profile: 'p',
      platform: 'aws',
      version: '4.20.3',
      region: 'us-east-1',
      baseDomain: 'labs.example.com',
      ttlHours: 1.5,
      team: 'no',
      owner,
      costCenter: '1_000',
      offhours: false,
      onFailure: 'destroy',
      workerReplicas: 2,
      set,
    },
    warnings: [warning],
    tags: {},
    hourlyCost: 0.7,
    costForTTL: 1.05,
    costParts: [],
    installConfig: {},
  };
}
