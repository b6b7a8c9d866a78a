import { type JsonObject, type KubeObject, textAt, valueAt } from './kube-object.ts';

export type Matcher = (object: KubeObject) => boolean;

/** A selector that cannot be parsed, or names a field that the resource cannot be selected by. */
export class SelectorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SelectorError';
  }
}

const KEY = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** `a=b,c!=d,e in (f,g),h notin (i),j,!k`. @throws SelectorError */
export function parseLabelSelector(text: string): Matcher {
  const matchers = splitRequirements(text).map(labelRequirement);
  return (object) => matchers.every((matches) => matches(object.metadata.labels ?? {}));
}

function splitRequirements(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const char of text) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === ',' && depth === 0) {
      parts.push(current);
      current = '';
    } else current += char;
  }
  if (depth !== 0) throw new SelectorError(`unable to parse requirement: found '', expected: ',' or ')'`);
  parts.push(current);
  return parts.map((part) => part.trim()).filter((part) => part !== '');
}

function labelRequirement(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', operator, list = ''] = set;
    assertKey(key);
    const values = list.split(',').map((value) => value.trim());
    if (operator === 'in') return (labels) => key in labels && values.includes(labels[key] ?? '');
    return (labels) => !(key in labels) || !values.includes(labels[key] ?? '');
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(\S*)$/.exec(text);
  if (equality) {
    const [, key = '', operator, value = ''] = equality;
    assertKey(key);
    if (operator === '!=') return (labels) => labels[key] !== value;
    return (labels) => labels[key] === value;
  }
  const absent = text.startsWith('!');
  const key = absent ? text.slice(1).trim() : text;
  assertKey(key);
  return (labels) => key in labels !== absent;
}

function assertKey(key: string): void {
  if (!KEY.test(key)) throw new SelectorError(`unable to parse requirement: <nil>: Invalid value: "${key}"`);
}

/** `metadata.name=a,status.phase!=b`. @param fields that the resource can be selected by, besides name and namespace. @throws SelectorError */
export function parseFieldSelector(text: string, fields: readonly string[]): Matcher {
  const matchers = text
    .split(',')
    .filter((part) => part !== '')
    .map((part): Matcher => {
      const found = /^([^=!]+)(==|=|!=)(.*)$/.exec(part);
      if (!found) throw new SelectorError(`invalid selector: '${part}'; can't understand '${part}'`);
      const [, field = '', operator, value = ''] = found;
      if (!['metadata.name', 'metadata.namespace', ...fields].includes(field))
        throw new SelectorError(`field label not supported: ${field}`);
      return (object) => (fieldText(object, field) === value) === (operator !== '!=');
    });
  return (object) => matchers.every((matches) => matches(object));
}

function fieldText(object: JsonObject, field: string): string {
  if (field === 'spec.unschedulable') return String(valueAt(object, field) ?? false);
  return textAt(object, field) ?? '';
}
