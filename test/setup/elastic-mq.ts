import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedInstall } from './cached-install.ts';

const VERSION = '1.6.11';
const INSTALL_TIMEOUT_MS = 300_000;
const START_TIMEOUT_MS = 60_000;
const execute = promisify(execFile);

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>ocpctl</groupId><artifactId>elasticmq</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-rest-sqs_2.13</artifactId><version>${VERSION}</version></dependency>
  </dependencies>
</project>
`;

/** Its own program reads a configuration file and needs SQL drivers; this starts only its SQS API. */
const MAIN = `import org.elasticmq.rest.sqs.SQSRestServerBuilder;

public class ElasticMq {
  public static void main(String[] args) throws java.io.IOException {
    SQSRestServerBuilder.withPort(Integer.parseInt(args[0])).withInterface("127.0.0.1").start().waitUntilStarted();
    System.out.println("started");
    // The end of the process that started it closes its input.
    while (System.in.read() >= 0) { }
    System.exit(0);
  }
}
`;

export interface ElasticMq {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Starts ElasticMQ, an SQS of its own in Java, on a free loopback port. Maven downloads it into the cache at first use.
 * @throws Error when there is no Java or no Maven
 */
export async function startElasticMq(): Promise<ElasticMq> {
  const home = await cachedInstall(`elasticmq-${VERSION}`, install);
  const port = await freePort();
  const argv = ['-Xmx256m', '-cp', join(home, 'lib', '*'), join(home, 'ElasticMq.java'), String(port)];
  const child = spawn('java', argv, { stdio: ['pipe', 'pipe', 'ignore'] });
  await started(child);
  return { endpoint: `http://127.0.0.1:${port}`, stop: () => stop(child) };
}

async function install(home: string): Promise<void> {
  await execute('java', ['-version']);
  await mkdir(home, { recursive: true });
  await writeFile(join(home, 'pom.xml'), POM);
  await writeFile(join(home, 'ElasticMq.java'), MAIN);
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'];
  await execute('mvn', ['-B', '-q', ...goal], { cwd: home, timeout: INSTALL_TIMEOUT_MS });
}

async function started(child: ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> }): Promise<void> {
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`ElasticMQ ended with exit code ${code}`);
  });
  ended.catch(() => {});
  await Promise.race([once(child.stdout, 'data', { signal }), ended]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
