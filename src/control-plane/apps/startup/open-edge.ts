import { hostname } from 'node:os';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import type { ModuleService } from '../../kernel/api/module.ts';
import { systemClock } from '../../kernel/clock.ts';
import { messageOf, SetupError } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { EdgeRole } from '../edge/edge-role.ts';
import type { AppConfig } from '../settings/app-settings.ts';

const DEFAULT_PORT = 8080;

/** The edge: an own role, so that a restart of the API touches no traffic. Its proxy is loaded where it runs. */
export function edgeService(
  config: AppConfig & { readonly port: number },
  infrastructure: Infrastructure,
): ModuleService {
  return {
    role: 'edge',
    async start() {
      const { createEdge } = await import('../edge/proxy/create-edge.ts');
      const { db, dispatcher, log } = infrastructure;
      const { edgeHost: host, appDomain: domain } = config;
      const edge = createEdge({
        log,
        newRequestId: () => newId('req'),
        accessLogShare: config.edgeAccessLogShare,
      });
      const wanted = config.edgePort ?? (config.port === 0 ? 0 : DEFAULT_PORT);
      const port = await edge.listen({ host, port: wanted }).catch((error: unknown) => {
        throw new SetupError(`the edge cannot listen on ${host}:${wanted}: ${messageOf(error)}`, {
          hint: 'choose another port with OCPCTL_EDGE_PORT, or leave the role edge out with --role',
          cause: error,
        });
      });
      const role = new EdgeRole({
        ...{ db, dispatcher, log, edge, domain, clock: systemClock },
        ...{ id: newId('edg'), host: hostname(), pid: process.pid },
        baseUrl: `http://*.${domain}${port === 80 ? '' : `:${port}`}`,
      });
      await role.start();
      log.info({ host, port, domain }, 'edge started');
      return (graceMs) => role.stop(graceMs);
    },
  };
}
