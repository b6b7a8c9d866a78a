/**
 * The library's face: `import { startControlPlane, serverConfig } from 'ocpctl/control-plane'`.
 *
 *     const config = serverConfig({ sandbox: true, dataDir: './data', port: 0 });
 *     const server = await startControlPlane(config);
 *     const key = await server.ensureAdminKey(undefined);
 *     // … requests to server.url, signed with `key` …
 *     await server.stop();
 */
export { renderInstallConfig } from './clusters/install-config/render.ts';
export { validateInstallConfig } from './clusters/install-config/validate.ts';
export { auditAnchorLocation } from './composition/checkpoints.ts';
export { openInstallerShelf } from './composition/installers.ts';
export { type ServerConfig, type ServerSettings, serverConfig } from './config.ts';
export { verifyRequest } from './kernel/access/sigv4/verify.ts';
export { SetupError } from './kernel/errors.ts';
export { type ControlPlane, startControlPlane } from './main.ts';
export { migrateDatabase } from './migrate-database.ts';
