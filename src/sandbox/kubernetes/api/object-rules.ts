import {
  type JsonObject,
  type KubeObject,
  numberAt,
  objectAt,
  textAt,
  valueAt,
} from '../objects/kube-object.ts';
import { parseLabelSelector } from '../objects/selectors.ts';
import { invalidObject, type StatusCause } from './api-error.ts';
import { type ResourceType, storeKey } from './resource-types.ts';

const MAX_INT32 = 2 ** 31 - 1;
const DELETE_POLICIES = ['Random', 'Newest', 'Oldest'];
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME_RULE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

/** The defaults of the schema. */
export function withDefaults<T extends JsonObject>(type: ResourceType, object: T): T {
  if (storeKey(type) !== 'machinesets.machine.openshift.io') return object;
  const spec = objectAt(object, 'spec');
  return { ...object, spec: { ...spec, replicas: spec['replicas'] ?? 1 } };
}

/** @throws StatusError 422 with all causes */
export function assertValid(type: ResourceType, object: KubeObject): void {
  const causes = [...metadataCauses(object), ...(SPEC_RULES[storeKey(type)]?.(object) ?? [])];
  if (causes.length > 0) throw invalidObject(type, object.metadata.name, causes);
}

function metadataCauses({ metadata }: KubeObject): StatusCause[] {
  const { name, labels = {} } = metadata;
  const causes: StatusCause[] = [];
  if (!NAME.test(name) || name.length > 253)
    causes.push(invalidValue('metadata.name', JSON.stringify(name), NAME_RULE));
  for (const [key, value] of Object.entries(labels)) {
    if (
      typeof value !== 'string' ||
      !/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(value) ||
      value.length > 63
    )
      causes.push(
        invalidValue(
          'metadata.labels',
          JSON.stringify(value),
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
      );
    try {
      parseLabelSelector(key);
    } catch {
      causes.push(
        invalidValue(
          'metadata.labels',
          JSON.stringify(key),
          'name part must consist of alphanumeric characters',
        ),
      );
    }
  }
  return causes;
}

const SPEC_RULES: Readonly<Record<string, (object: KubeObject) => StatusCause[]>> = {
  'machinesets.machine.openshift.io': (object) => [
    ...integerCauses(object, 'spec.replicas'),
    ...negativeCauses(object),
    ...integerCauses(object, 'spec.minReadySeconds'),
    ...deletePolicyCauses(object),
  ],
  'poddisruptionbudgets.policy': (object) => {
    const spec = objectAt(object, 'spec');
    if (spec['minAvailable'] === undefined || spec['maxUnavailable'] === undefined) return [];
    return [invalidValue('spec', '{}', 'minAvailable and maxUnavailable cannot be both set')];
  },
};

function integerCauses(object: KubeObject, field: string): StatusCause[] {
  const value = valueAt(object, field);
  if (value === undefined) return [];
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    const shown = JSON.stringify(typeof value === 'number' ? 'number' : typeof value);
    const message = `Invalid value: ${shown}: ${field} in body must be of type integer: ${shown}`;
    return [{ reason: 'FieldValueTypeInvalid', message, field }];
  }
  if (value > MAX_INT32)
    return [
      invalidValue(field, String(value), `${field} in body should be less than or equal to ${MAX_INT32}`),
    ];
  return [];
}

/** The rule of the scale subresource: its path begins with a dot. */
function negativeCauses(object: KubeObject): StatusCause[] {
  const value = numberAt(object, 'spec.replicas') ?? 0;
  return value < 0 ? [invalidValue('.spec.replicas', String(value), 'should be a non-negative integer')] : [];
}

function deletePolicyCauses(object: KubeObject): StatusCause[] {
  const value = textAt(object, 'spec.deletePolicy');
  if (value === undefined || DELETE_POLICIES.includes(value)) return [];
  const supported = DELETE_POLICIES.map((name) => `"${name}"`).join(', ');
  const message = `Unsupported value: "${value}": supported values: ${supported}`;
  return [{ reason: 'FieldValueNotSupported', message, field: 'spec.deletePolicy' }];
}

export function invalidValue(field: string, value: string, why: string): StatusCause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${value}: ${why}`, field };
}
