import { createEdge } from '../../src/control-plane/apps/edge/proxy/create-edge.ts';
import { createLog } from '../../src/control-plane/kernel/telemetry/log.ts';
import { createRedactor } from '../../src/control-plane/kernel/telemetry/redaction.ts';

/** Our edge in a process of its own, with one route to the port that is given. */
const upstreamPort = Number(process.argv[2]);
const edge = createEdge({
  log: createLog({ level: 'error', redactor: createRedactor() }),
  accessLogShare: 0,
});
edge.apply({
  generation: 1,
  routes: [
    {
      host: 'bench.localhost',
      serviceId: 'svc_bench',
      upstreams: [{ id: 'ins_bench', host: '127.0.0.1', port: upstreamPort }],
      maxInFlight: 10_000,
      maxBodyBytes: 1_000_000,
      responseTimeoutMs: 30_000,
    },
  ],
});
process.send?.(await edge.listen({ host: '127.0.0.1', port: 0 }));
process.on('disconnect', () => process.exit());
