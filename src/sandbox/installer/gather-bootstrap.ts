import { gzipSync } from 'node:zlib';
import { loadAssets } from '../assets/cluster-assets.ts';
import { loadState } from '../assets/state-file.ts';
import { fatal } from '../failures/command-exit.ts';
import type { CommandRun } from './command-run.ts';

const BLOCK = 512;

/** `gather bootstrap`: needs the key in the state file and a running bootstrap machine. */
export async function gatherBootstrapCommand(run: CommandRun): Promise<void> {
  if (loadState(run.dir) === undefined) {
    throw fatal(
      'failed to get bootstrap and control plane host addresses: no installer state in the directory',
    );
  }
  const { cluster } = await loadAssets(run);
  await run.injectFaults('gather');
  const machines = await run.cloud.list({ infraId: cluster.infraID, types: ['ec2:instance', 'is:instance'] });
  if (!machines.some(({ name }) => name === `${cluster.infraID}-bootstrap`)) {
    throw fatal('failed to get bootstrap and control plane host addresses: no bootstrap machine');
  }
  await writeLogBundle(run);
}

/** Writes `log-bundle-<yyyymmddhhmmss>.tar.gz`, as a create also does when bootstrapping fails. */
export async function writeLogBundle(run: CommandRun): Promise<void> {
  run.log.info('Pulling debug logs from the bootstrap machine');
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const name = `log-bundle-${stamp}`;
  const journal = `bootkube.service: waiting for etcd of ${run.failureContext.infraId}\n`;
  const tar = Buffer.concat([
    tarEntry(`${name}/bootstrap/journals/bootkube.log`, journal),
    tarEntry(`${name}/failed-units.txt`, '0 loaded units listed.\n'),
    Buffer.alloc(2 * BLOCK),
  ]);
  await run.dir.write({ [`${name}.tar.gz`]: gzipSync(tar) });
  run.log.info(`Bootstrap gather logs captured here "${run.dir.pathOf(`${name}.tar.gz`)}"`);
}

/** One regular file in the ustar format. */
function tarEntry(name: string, text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 100);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const checksum = header.reduce((sum, byte) => sum + byte, 0);
  header.write(`${checksum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
  return Buffer.concat([header, body, padding]);
}
