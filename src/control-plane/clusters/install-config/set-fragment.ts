import type { SetValues } from '../policy/set-values.ts';
import { type InstallConfigFragment, mergeFragment } from './merge-fragment.ts';

/** @returns what a request sets, as a part of an install-config; `compute.worker` is the pool of the workers */
export function setFragment(values: SetValues): InstallConfigFragment {
  return Object.entries(values).reduce<InstallConfigFragment>(
    (fragment, [key, value]) => mergeFragment(fragment, nested(key.split('.'), value)),
    {},
  );
}

function nested(path: readonly string[], value: unknown): InstallConfigFragment {
  const [name = '', ...rest] = path;
  if (rest.length === 0) return { [name]: value };
  if (name === 'compute') return { compute: [{ name: rest[0], ...nested(rest.slice(1), value) }] };
  return { [name]: nested(rest, value) };
}
