import type { TestProject } from 'vitest/node';
import { bundleScript } from '../setup/child-script.ts';
import { type MotoServer, startMoto } from './moto.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Endpoint of moto, or why there is none. */
    moto: { readonly endpoint: string; readonly python: string } | { readonly missing: string };
    /** Path of the stand-in installer that works on an AWS endpoint. */
    standIn: string;
  }
}

/**
 * Starts one moto server and bundles the stand-in installer for all files. Without Python the suite is skipped, unless
 * OCPCTL_REQUIRE_MOTO=1.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let server: MotoServer | undefined;
  try {
    server = await startMoto();
    project.provide('moto', { endpoint: server.endpoint, python: server.python });
  } catch (error) {
    if (process.env['OCPCTL_REQUIRE_MOTO'] === '1') throw error;
    const missing = error instanceof Error ? error.message : String(error);
    process.stderr.write(`tests against moto are skipped: ${missing}\n`);
    project.provide('moto', { missing });
  }
  const standIn = await bundleScript(new URL('stand-in/openshift-install.ts', import.meta.url));
  project.provide('standIn', standIn.file);
  return async () => {
    standIn.remove();
    await server?.stop();
  };
}
