/**
 * The library's face: `import { startControlPlane, serverConfig } from 'ocpctl/control-plane'`.
 *
 *     const config = serverConfig({ sandbox: true, dataDir: './data', port: 0 });
 *     const server = await startControlPlane(config);
 *     const key = await server.ensureAdminKey(undefined);
 *     // … requests to server.url, signed with `key` …
 *     await server.stop();
 */
export { renderInstallConfig } from './clusters/install-config/render-install-config.ts';
export { validateInstallConfig } from './clusters/install-config/validate-install-config.ts';
export { validateProfileFiles } from './clusters/profiles/load-profiles.ts';
export { checkCloud } from './clusters/startup/check-cloud.ts';
export { openInstallerInventory } from './clusters/startup/cluster-services.ts';
export { auditAnchorLocation } from './composition/audit-anchors.ts';
export { verifyRequest } from './kernel/access/sigv4/verify-request.ts';
export { SetupError } from './kernel/errors.ts';
export type { ControlPlaneEvent } from './kernel/telemetry/control-plane-event.ts';
export { type ControlPlane, startControlPlane } from './main.ts';
export {
  parseServerSettings,
  quietAwsSdk,
  type ServerConfig,
  type ServerSettings,
  serverConfig,
} from './settings/server-config.ts';
export { backUpData, restoreData } from './startup/data-backup.ts';
export { migrateDatabase } from './startup/migrate-database.ts';
