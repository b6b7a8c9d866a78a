import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from './eventually.ts';
import { openPostgresSite } from './open-site.ts';

interface ReceivedSpan {
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
}

/** A collector: OTLP over HTTP with JSON bodies. */
async function startCollector(): Promise<{ url: string; spans: ReceivedSpan[]; text: () => string }> {
  const spans: ReceivedSpan[] = [];
  let text = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      text += body;
      for (const { resource, scopeSpans } of JSON.parse(body).resourceSpans) {
        const named = resource.attributes.find(({ key }: { key: string }) => key === 'service.name');
        for (const { spans: found } of scopeSpans)
          for (const { traceId, spanId, parentSpanId = '', name } of found)
            spans.push({ service: named.value.stringValue, traceId, spanId, parentSpanId, name });
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, text: () => text };
}

test('one create is one trace, from the command to the installer, and no secret is in it', async () => {
  const collector = await startCollector();
  const { site } = await openPostgresSite({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_BSP_SCHEDULE_DELAY: '200',
  });
  await site.start();
  const created = await site.cli('create', 'traced', '--profile', 'aws-minimal-test', '--wait');
  expect(created.code).toBe(0);
  const named = (name: string) => collector.spans.find((span) => span.name === name);
  await eventually('the span of the job arrives', () => named('job cluster.create') !== undefined);
  const command = named('ocpctl create');
  const request = named('POST /v1/clusters');
  const job = named('job cluster.create');
  const provision = named('phase provision');
  const installer = named('openshift-install create cluster');
  expect(command?.service).toBe('ocpctl');
  const chain = [command, request, job, provision, installer];
  expect(chain.map((span) => span?.traceId)).toEqual(Array(5).fill(command?.traceId));
  expect(chain.map((span) => span?.parentSpanId)).toEqual([
    '',
    ...chain.slice(0, 4).map((span) => span?.spanId),
  ]);
  expect(request?.service).toBe('ocpctl-server');
  const { secretAccessKey } = site.adminKey();
  for (const secret of [secretAccessKey, 'Signature=', 'BEGIN ', 'pullSecret', 'certificate-authority-data'])
    expect(collector.text()).not.toContain(secret);

  // A trace of a CI job is continued, also by a command without a collector.
  const trace = '0af7651916cd43dd8448eb211c80319c';
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: '', TRACEPARENT: `00-${trace}-b7ad6b7169203331-01` };
  expect((await site.command(['destroy', 'traced', '--yes', '--wait'], env).finished).code).toBe(0);
  await eventually('the span of the destroy arrives', () => named('job cluster.destroy') !== undefined);
  const destroy = named('POST /v1/clusters/:id/destroy');
  expect(destroy).toMatchObject({ traceId: trace, parentSpanId: 'b7ad6b7169203331' });
  expect(named('job cluster.destroy')).toMatchObject({ traceId: trace, parentSpanId: destroy?.spanId });
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  expect((await site.command(['create', 'held', '--profile', 'aws-minimal-test'], env).finished).code).toBe(
    0,
  );
  const variable = new RegExp(`\\0?TRACEPARENT=00-${trace}-([0-9a-f]{16})-01\\0`);
  const passedOn = () =>
    site
      .installers()
      .flatMap(({ pid }) => variable.exec(readFileSync(`/proc/${pid}/environ`, 'utf8'))?.[1] ?? []);
  await eventually('the installer has the trace in its environment', () => passedOn().length > 0);
  const broken = { ...env, TRACEPARENT: '00-0-0-zz' };
  expect((await site.command(['list'], broken).finished).code).toBe(0);
});

test('a command does not wait for a collector that does not answer', async () => {
  const { site } = await openPostgresSite();
  await site.start();
  const deaf = createServer(() => {});
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    deaf.closeAllConnections();
    deaf.close();
  });
  const url = `http://127.0.0.1:${(deaf.address() as AddressInfo).port}`;
  const run = await site.command(['list'], { OTEL_EXPORTER_OTLP_ENDPOINT: url }).finished;
  expect(run).toMatchObject({ code: 0 });
});
