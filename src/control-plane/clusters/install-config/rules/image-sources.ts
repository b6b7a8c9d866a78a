import { parseIp } from '../../../kernel/ip-network.ts';
import { subdomainFault } from '../hosts.ts';
import type { ImageSourceInput } from '../install-config-input.ts';
import { type InstallConfigProblem, invalid } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

/** The grammar of image references: host, path components, tag, digest. */
const HOST =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const PATH = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const TAG_OR_DIGEST =
  /(:\w[\w.-]{0,127})?(@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

/** Rules on `imageDigestSources` and its deprecated predecessor. */
export function imageSourceProblems({ input }: RuleContext): InstallConfigProblem[] {
  const { imageDigestSources: sources = [], imageContentSources: old = [] } = input;
  const both = sources.length > 0 && old.length > 0;
  return [
    ...listProblems(old, 'imageContentSources'),
    ...listProblems(sources, 'imageDigestSources'),
    ...(both ? [invalid('imageContentSources', 'cannot be given together with imageDigestSources')] : []),
  ];
}

function listProblems(groups: readonly ImageSourceInput[], list: string): InstallConfigProblem[] {
  return groups.flatMap(({ source = '', mirrors = [] }, index) => {
    const names = [
      { field: `${list}[${index}].source`, name: source },
      ...mirrors.map((name, i) => ({ field: `${list}[${index}].mirrors[${i}]`, name })),
    ];
    return names.flatMap(({ field, name }) => {
      const fault = repositoryFault(name);
      return fault === undefined ? [] : [invalid(field, fault)];
    });
  });
}

/** A repository with its registry, such as quay.io/a/b, or a host for a mirror of everything. */
function repositoryFault(name: string): string | undefined {
  const slash = name.indexOf('/');
  const host = name.slice(0, Math.max(slash, 0));
  if (slash > 0 && (/[.:]/.test(host) || host === 'localhost' || host !== host.toLowerCase())) {
    const suffix = TAG_OR_DIGEST.exec(name.slice(slash + 1))?.[0] ?? '';
    const path = name.slice(slash + 1, name.length - suffix.length);
    if (!HOST.test(host) || !PATH.test(path)) return 'is not the name of a repository';
    return suffix === '' ? undefined : 'must be a repository, without tag or digest';
  }
  const bare = name.replace(/:\d+$/, '');
  const isHost = parseIp(bare) !== undefined || (bare !== '' && subdomainFault(bare) === undefined);
  return isHost ? undefined : 'is not the name of a repository, with its registry in front';
}
