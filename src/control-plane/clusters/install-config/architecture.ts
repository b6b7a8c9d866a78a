import type { Architecture } from './install-config-document.ts';

/** AWS: Graviton families have a `g` after the generation (m7g, c6gn), and a1 is one. */
export function isArmInstanceType(instanceType: string): boolean {
  return /^([a-z]+\d+g|a1\.)/.test(instanceType);
}

/** The architecture of an instance type. IBM: z machines start with bz, cz or mz. */
export function architectureOf(instanceType: string): Architecture {
  if (isArmInstanceType(instanceType)) return 'arm64';
  return /^[bcm]z\d/.test(instanceType) ? 's390x' : 'amd64';
}
