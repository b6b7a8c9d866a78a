import { containsIp, parseIp, parseNetwork } from '../../../kernel/ip-network.ts';
import { parseUri, subdomainFault } from '../hosts.ts';
import { type InstallConfigProblem, invalid, notSupported, required } from '../install-config-problem.ts';
import type { RuleContext } from '../rule-context.ts';

/** Rules on `proxy`. */
export function proxyProblems(context: RuleContext): InstallConfigProblem[] {
  const { proxy } = context.input;
  if (proxy === undefined) return [];
  const { httpProxy = '', httpsProxy = '', noProxy = '' } = proxy;
  return [
    ...(httpProxy === '' && httpsProxy === '' ? [required('proxy', 'needs httpProxy or httpsProxy')] : []),
    ...addressProblems(context, httpProxy, 'proxy.httpProxy', ['http']),
    ...addressProblems(context, httpsProxy, 'proxy.httpsProxy', ['http', 'https']),
    ...noProxyProblems(noProxy),
  ];
}

function addressProblems(
  { networking }: RuleContext,
  text: string,
  field: string,
  schemes: readonly string[],
): InstallConfigProblem[] {
  if (text === '') return [];
  const uri = parseUri(text);
  if (uri === undefined) return [invalid(field, 'is not a URL')];
  const address = parseIp(uri.host);
  const networks = [
    ...networking.cluster.map(({ cidr }) => cidr),
    ...networking.service,
    ...(networking.joinSubnet === undefined ? [] : [networking.joinSubnet]),
  ];
  const inside = address === undefined ? [] : networks.filter((cidr) => containsIp(cidr, address));
  return [
    ...(schemes.includes(uri.scheme) ? [] : [notSupported(field, schemes)]),
    ...inside.map((cidr) => invalid(field, `lies inside the cluster's own network ${cidr.text}`)),
  ];
}

function noProxyProblems(noProxy: string): InstallConfigProblem[] {
  if (noProxy === '' || noProxy === '*') return [];
  const field = 'proxy.noProxy';
  const wrong = noProxy.split(',').filter((element) => !isNoProxyElement(element.trim()));
  return [
    ...(noProxy.includes(' ') ? [invalid(field, 'must not have spaces')] : []),
    ...wrong.map((element) =>
      invalid(field, `"${element}" is not an address, a network or a domain without wildcards`),
    ),
  ];
}

function isNoProxyElement(element: string): boolean {
  const domain = element.replace(/^\./, '').replace(/\.$/, '');
  return (
    subdomainFault(domain) === undefined ||
    parseNetwork(element) !== undefined ||
    parseIp(element) !== undefined
  );
}
