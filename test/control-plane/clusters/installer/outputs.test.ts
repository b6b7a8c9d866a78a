import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOutputs } from '../../../../src/control-plane/clusters/installer/outputs.ts';
import { tempDir } from './temp-dir.ts';

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: Q0E=
    server: https://api.demo.example.com:6443
  name: demo
contexts:
- context:
    cluster: demo
    user: admin
  name: admin
current-context: admin
preferences: {}
users:
- name: admin
  user:
    client-certificate-data: Q0VSVA==
    client-key-data: S0VZLXNlY3JldA==
`;
const input = { clusterName: 'demo', baseDomain: 'example.com' };

async function finishedDir(kubeconfig?: string, password?: string): Promise<string> {
  const dir = await tempDir();
  await mkdir(join(dir, 'auth'));
  if (kubeconfig !== undefined) await writeFile(join(dir, 'auth', 'kubeconfig'), kubeconfig);
  if (password !== undefined) await writeFile(join(dir, 'auth', 'kubeadmin-password'), password);
  return dir;
}

describe('readOutputs', () => {
  it('reads the directory and constructs the addresses', async () => {
    const dir = await finishedDir(KUBECONFIG, 'aB3dE-fGh1J-kLm2N-pQr3S\n');
    expect(await readOutputs(dir, input)).toEqual({
      apiUrl: 'https://api.demo.example.com:6443',
      consoleUrl: 'https://console-openshift-console.apps.demo.example.com',
      kubeconfig: KUBECONFIG,
      kubeadminPassword: 'aB3dE-fGh1J-kLm2N-pQr3S',
    });
  });

  it('tolerates a trailing dot', async () => {
    const dir = await finishedDir(KUBECONFIG, 'x');
    const outputs = await readOutputs(dir, { ...input, baseDomain: 'example.com.' });
    expect(outputs).toMatchObject({
      apiUrl: 'https://api.demo.example.com:6443',
      consoleUrl: 'https://console-openshift-console.apps.demo.example.com',
    });
  });

  it.each([
    [undefined, 'x', 'KUBECONFIG_MISSING'],
    [KUBECONFIG, undefined, 'KUBEADMIN_PASSWORD_MISSING'],
    [KUBECONFIG, ' \n', 'KUBEADMIN_PASSWORD_MISSING'],
    ['', 'x', 'KUBECONFIG_INVALID'],
    ['{', 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace('current-context: admin', 'current-context: unknown'), 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace('- name: admin', '- name: other'), 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace('api.demo', 'api.other'), 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace('https:', 'http:'), 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace(':6443', ':443'), 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace('Q0E=', '*'), 'x', 'KUBECONFIG_INVALID'],
    [KUBECONFIG.replace('kind: Config', 'kind: Secret'), 'x', 'KUBECONFIG_INVALID'],
  ])('refuses a directory without what counts (%#)', async (kubeconfig, password, code) => {
    await expect(readOutputs(await finishedDir(kubeconfig, password), input)).rejects.toMatchObject({ code });
  });

  it('G15: quotes nothing of a kubeconfig that it refuses', async () => {
    for (const broken of [
      `${KUBECONFIG}  S0VZLXNlY3JldA: [`,
      KUBECONFIG.replace('client-key-data: ', 'client-key-data: *'),
    ]) {
      const thrown = await readOutputs(await finishedDir(broken, 'x'), input).catch(
        (error: unknown) => error,
      );
      expect(thrown).toMatchObject({ code: 'KUBECONFIG_INVALID' });
      expect(String(thrown)).not.toContain('S0VZ');
    }
  });
});
