import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  addedContexts as addedIn,
  execUser,
  mergeCluster as mergeText,
  namedKubeconfig,
  removeContexts as removeText,
} from '../../../src/cli/kubeconfig/kubeconfig-document.ts';

type Tail<F extends (...all: never[]) => unknown> =
  Parameters<F> extends [unknown, ...infer Rest] ? Rest : never;

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
const asRead = (text: string) => ({ text, file: '/config' });
const mergeCluster = (text: string, ...rest: Tail<typeof mergeText>) => mergeText(asRead(text), ...rest);
const removeContexts = (text: string, ...rest: Tail<typeof removeText>) => removeText(asRead(text), ...rest);
const addedContexts = (text: string) => addedIn(asRead(text));
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

/** Scalars that a reader of YAML would write in another way. */
const OTHERS = `# my clusters
apiVersion: v1
kind: Config
current-context: work
clusters:
  - name: work # keep me
    cluster: { server: 'https://work' }
contexts:
  - name: work
    context: { cluster: work, user: me }
users:
  - name: me
    user: { token: "1_000", username: 007, password: 1e3, id: 12345678901234567890 }
extra: ~
`;

const KUBECTL = `apiVersion: v1
clusters:
- cluster:
    server: https://work
  name: work
contexts:
- context:
    cluster: work
    user: me
  name: work
current-context: work
kind: Config
preferences: {}
users:
- name: me
  user:
    exec:
      args:
      - "007"
      command: get-token
      env: null
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

  it.each([
    ['as people write it', OTHERS],
    ['as kubectl writes it', KUBECTL],
  ])('keeps what others wrote, byte for byte, and their current context: %s', (_, others) => {
    const { text } = add(others, 'demo');
    const lines = text.split('\n');
    expect(others.split('\n').filter((line) => !lines.includes(line))).toEqual([]);
    expect(parse(text)['current-context']).toBe('work');
    expect(removeContexts(text, () => true).text).toBe(others);
    expect(removeContexts(others, () => true).text).toBe(others);
  });

  it('keeps the comments of a file that has nothing else', () => {
    for (const others of ['# mine\n', '---\n# mine\n', '# mine\nnull\n']) {
      const { text } = add(others, 'demo');
      expect(text).toContain('# mine\n');
      expect(contextsAsRead(text)).toEqual({ demo: 'https://api.demo.example.com:6443' });
    }
  });

  it('can have keys without a value', () => {
    const { text } = add('a: {b, c}\n? d\n', 'demo');
    expect(parse(text)).toMatchObject({ a: { b: null, c: null }, d: null });
  });

  it('has no alias to an entry that is removed', () => {
    const { text } = add('', 'demo');
    const anchored = text
      .replace('cluster:\n', 'cluster: &shared\n')
      .replace('contexts:', '  - name: copy\n    cluster: *shared\ncontexts:');
    expect(anchored).toContain('&shared');
    const { text: after } = removeContexts(anchored, () => true);
    expect(parse(after).clusters).toEqual([
      {
        name: 'copy',
        cluster: { 'certificate-authority-data': 'Y2E=', server: 'https://api.demo.example.com:6443' },
      },
    ]);
  });

  it('never takes a name of something else: another context, or only a user', () => {
    const { text, context } = add(OTHERS, 'work');
    expect(context).toBe('work-aaaaaa');
    expect(contextsAsRead(text)['work']).toBe('https://work');
    expect(add(OTHERS, 'me').context).toBe('me-aaaaaa');
    expect(add(text, 'work').context).toBe('work-aaaaaa');
    expect(add(add('', 'one').text, 'one', 'b', 'one.other.org').context).toBe('one-bbbbbb');
    const taken = OTHERS.replaceAll('me', 'work-aaaaaa').replaceAll('nawork-aaaaaa', 'name');
    expect(add(taken, 'work').context).toBe('work-aaaaaa-2');
    expect(parse(add(taken, 'work').text).users[0]).toEqual(parse(taken).users[0]);
  });

  it('has the newest cluster of an address once', () => {
    const { text, context } = add(add('', 'demo').text, 'demo', 'b');
    expect(context).toBe('demo');
    expect(addedContexts(text)).toEqual([{ context: 'demo', clusterId: idOf('b') }]);
  });

  it('keeps the namespace of a context that is added again', () => {
    const { text } = add('', 'demo');
    const set = text.replace('user: "demo"\n', 'user: "demo"\n      namespace: shop\n');
    expect(parse(add(set, 'demo').text).contexts[0].context.namespace).toBe('shop');
  });

  it('a context that was renamed stays so when it is added again, and goes with its cluster and user', () => {
    const { text } = add(OTHERS, 'demo');
    const renamed = text.replace(/(contexts:[\s\S]*?)name: "demo"/, '$1name: mine');
    const again = mergeCluster(renamed, access('demo'), { use: true });
    expect(again.context).toBe('mine');
    expect(contextsAsRead(again.text)).toEqual({
      work: 'https://work',
      mine: 'https://api.demo.example.com:6443',
    });
    for (const one of [renamed, again.text.replace('current-context: "mine"', 'current-context: work')])
      expect(removeContexts(one, ({ context }) => context === 'mine').text).toBe(OTHERS);
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
    const { text } = mergeCluster('', access('demo'), { use: true, user: execUser(['--context', 'work']) });
    expect(text).not.toContain('a2V5');
    expect(parse(text).users[0].user.exec).toMatchObject({
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'ocpctl',
      args: ['kubeconfig', 'credential', idOf('a'), '-o', 'json', '--context', 'work'],
      interactiveMode: 'Never',
    });
  });

  it.each([
    ['{', 'cannot read /config: it is not valid YAML at line 1, column 2'],
    ['a: *a', 'cannot read /config: it has an alias without an anchor'],
    ['a: &a [*a]', 'too many aliases'],
    ['- a', 'not a YAML mapping'],
    ['clusters: text', 'its clusters are not a list'],
  ])('%j is refused', (text, message) => {
    expect(() => add(text, 'demo')).toThrow(message);
  });
});
