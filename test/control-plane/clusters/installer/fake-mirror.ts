import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { onTestFinished } from 'vitest';

export interface FakeMirror {
  readonly url: string;
  /** By path; a function answers in its own way. */
  readonly files: Map<string, Uint8Array | string | ((response: ServerResponse) => void | Promise<void>)>;
  /** Paths in the order in which they were asked for. */
  readonly requests: string[];
}

/** A mirror on this machine, for the running test. */
export async function startMirror(): Promise<FakeMirror> {
  const files: FakeMirror['files'] = new Map();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const file = files.get(path);
    if (file === undefined) response.writeHead(404).end();
    else if (typeof file === 'function') void file(response);
    else response.end(file);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/pub`, files, requests };
}

/** A tar.gz with these files in it. */
export async function archiveOf(files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name, mode: 0o4777 }, content);
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return new Uint8Array(gzipSync(Buffer.concat(chunks)));
}

export function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Puts a version on the mirror, whole and right. @returns the path of its folder, and its archive */
export function publish(
  mirror: FakeMirror,
  version: string,
  archive: Uint8Array,
  options: { stream?: string; name?: string; tree?: string; host?: string } = {},
) {
  const {
    stream = 'ocp',
    name = `openshift-install-linux-${version}.tar.gz`,
    tree = 'x86_64',
    host = '',
  } = options;
  const folder = `/pub/${tree}/clients/${stream}/${version}${host}`;
  mirror.files.set(`${folder}/${name}`, archive);
  mirror.files.set(
    `${folder}/sha256sum.txt`,
    `${sha256('oc')}  openshift-client-linux-${version}.tar.gz\n${sha256(archive)}  ${name}\n`,
  );
  return { folder, archivePath: `${folder}/${name}`, checksumsPath: `${folder}/sha256sum.txt` };
}
