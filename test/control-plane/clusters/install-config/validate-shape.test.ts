import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';
import { aws, config, controlPlane, problems } from './documents.ts';

describe('names and types', () => {
  test.each([null, [], 'text', 1])('%j is not a document', (document) => {
    expect(problems(document)).toEqual([' FieldTypeInvalid']);
  });

  test('an unknown key is refused, with the likeliest meant', () => {
    const [problem] = validateInstallConfig(aws({ pullsecret: 'x' }));
    expect(problem).toEqual({
      field: 'pullsecret',
      type: 'FieldUnknown',
      message: 'is not a field of install-config 4.20; did you mean "pullSecret"?',
    });
    expect(problems(aws({}, { usertags: {} }))).toEqual(['platform.aws.usertags FieldUnknown']);
    expect(problems(aws({ constructor: 1, ['__proto__']: 1 }))).toEqual([
      '__proto__ FieldUnknown',
      'constructor FieldUnknown',
    ]);
  });

  test('a wrong type hides the rules, as the installer cannot read on', () => {
    expect(problems(aws({ fips: 'yes', publish: 'nowhere' }))).toEqual(['fips FieldTypeInvalid']);
    expect(problems(aws(controlPlane({}, { replicas: 1.5 })))).toEqual([
      'controlPlane.replicas FieldTypeInvalid',
    ]);
    expect(problems(aws({ compute: {} }))).toEqual(['compute FieldTypeInvalid']);
    expect(problems(aws({}, { userTags: { a: 1 } }))).toEqual(['platform.aws.userTags[a] FieldTypeInvalid']);
    expect(problems(aws({ networking: { serviceNetwork: ['10.0.0.0'] } }))).toEqual([
      'networking.serviceNetwork[0] FieldTypeInvalid',
    ]);
  });

  test('null in a list or a map is an empty value, and refused', () => {
    expect(problems(aws({ compute: [null] }))).toEqual(['compute[0] FieldTypeInvalid']);
    expect(problems(aws({}, { userTags: { a: null } }))).toEqual([
      'platform.aws.userTags[a] FieldTypeInvalid',
    ]);
  });

  test('null elsewhere is absent', () => {
    expect(problems(aws({ networking: null, compute: null, fips: null, sshKey: null }))).toEqual([]);
    expect(problems(config({ aws: null, ibmcloud: { region: 'us-south' } }))).toEqual([]);
  });

  test('nothing that anybody writes makes it throw', () => {
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree')),
      ),
    }));
    const key = fc.constantFrom(
      'platform',
      'compute',
      'controlPlane',
      'networking',
      'proxy',
      'capabilities',
      'metadata',
    );
    fc.assert(
      fc.property(key, tree, (name, value) => Array.isArray(validateInstallConfig(aws({ [name]: value })))),
    );
  });
});
