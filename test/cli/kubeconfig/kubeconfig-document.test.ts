import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  addedContexts,
  execUser,
  mergeCluster,
  namedKubeconfig,
  removeContexts,
} from '../../../src/cli/kubeconfig/kubeconfig-document.ts';

/** As openshift-install writes it: context and user are `admin` for every cluster. */
const installed = (domain: string, key = 'a2V5') => `
clusters:
- cluster:
    certificate-authority-data: Y2E=
    server: https://api.${domain}:6443
  name: ${domain.split('.')[0]}
contexts:
- context: {cluster: ${domain.split('.')[0]}, user: admin}
  name: admin
current-context: admin
preferences: {}
users:
- name: admin
  user:
    client-certificate-data: Y2VydA==
    client-key-data: ${key}
`;
const idOf = (letter: string) => `clu_${letter.repeat(26)}`;
const access = (name: string, letter = 'a', domain = `${name}.example.com`) => ({
  id: idOf(letter),
  name,
  kubeconfig: installed(domain),
});
const add = (text: string, ...options: Parameters<typeof access>) =>
  mergeCluster(text, access(...options), { use: false });

/** How the client library that kubectl's users know reads it: each context with its server and user. */
function contextsAsRead(text: string): Record<string, string> {
  const config = new KubeConfig();
  config.loadFromString(text);
  return Object.fromEntries(
    config.contexts.map(({ name, cluster }) => [name, config.getCluster(cluster)?.server ?? 'none']),
  );
}

const OTHERS = `# my clusters
apiVersion: v1
kind: Config
current-context: work
clusters:
  - name: work # keep me
    cluster: {server: 'https://work'}
contexts:
  - name: work
    context: {cluster: work, user: me}
users:
  - name: me
    user: {token: "1_000"}
`;

describe('a kubeconfig of several clusters', () => {
  it('has a context for each, named after it; the first becomes the current one', () => {
    const { text } = add(add('', 'one').text, 'two', 'b');
    expect(contextsAsRead(text)).toEqual({
      one: 'https://api.one.example.com:6443',
      two: 'https://api.two.example.com:6443',
    });
    expect(parse(text)['current-context']).toBe('one');
    expect(contextsAsRead(mergeCluster(text, access('two', 'b'), { use: true }).text)).toEqual(
      contextsAsRead(text),
    );
  });

  it('keeps what others wrote, byte for byte, and their current context', () => {
    const { text } = add(OTHERS, 'demo');
    expect(text).toContain('# my clusters\n');
    expect(text).toContain('- name: work # keep me\n');
    expect(text).toContain('{ token: "1_000" }');
    expect(parse(text)['current-context']).toBe('work');
    const { text: after } = removeContexts(text, () => true);
    expect(parse(after)).toEqual(parse(OTHERS));
    expect(removeContexts(OTHERS, () => true).text).toBe(OTHERS);
  });

  it('never takes a name of something else: another context, or only a user', () => {
    const { text, context } = add(OTHERS, 'work');
    expect(context).toBe('work-aaaaaa');
    expect(contextsAsRead(text)['work']).toBe('https://work');
    expect(add(OTHERS, 'me').context).toBe('me-aaaaaa');
    expect(add(text, 'work').context).toBe('work-aaaaaa');
    expect(add(add('', 'one').text, 'one', 'b', 'one.other.org').context).toBe('one-bbbbbb');
  });

  it('has the newest cluster of an address once', () => {
    const { text, context } = add(add('', 'demo').text, 'demo', 'b');
    expect(context).toBe('demo');
    expect(addedContexts(text)).toEqual([{ context: 'demo', clusterId: idOf('b') }]);
  });

  it('loses its current context with its cluster; a user that another context has stays', () => {
    const first = mergeCluster('', access('one'), { use: true }).text;
    const shared = first.replace(
      'contexts:',
      'contexts:\n  - name: alias\n    context: { cluster: "one", user: "one" }',
    );
    const { text, removed } = removeContexts(shared, ({ context }) => context === 'one');
    expect(removed).toEqual([{ context: 'one', clusterId: idOf('a') }]);
    expect(parse(text)['current-context']).toBe('');
    expect(contextsAsRead(text)).toEqual({ alias: 'https://api.one.example.com:6443' });
    expect(parse(text).users).toHaveLength(1);
  });

  it.each(['yes', 'no', 'on', 'y', 'null', 'true'])(
    'a cluster named %s is a text for kubectl too',
    (name) => {
      const text = namedKubeconfig(access(name));
      expect(text.match(new RegExp(`(name|cluster|user|current-context): "${name}"`, 'g'))).toHaveLength(6);
      expect(parse(text, { version: '1.1' })['current-context']).toBe(name);
    },
  );

  it('with a credential plugin it has no key', () => {
    const { text } = mergeCluster('', access('demo'), { use: true, user: execUser('work') });
    expect(text).not.toContain('a2V5');
    expect(parse(text).users[0].user.exec).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'ocpctl',
      args: ['kubeconfig', 'credential', idOf('a'), '-o', 'json', '--context', 'work'],
      interactiveMode: 'Never',
    });
  });

  it.each([
    ['{', 'Flow map'],
    ['- a', 'not a YAML mapping'],
    ['clusters: text', 'its clusters are not a list'],
  ])('%j is refused', (text, message) => {
    expect(() => add(text, 'demo')).toThrow(message);
  });
});
