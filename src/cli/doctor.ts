import which from 'which';
import { proxyAddress } from '../client/proxy.ts';
import type { TextResponse } from '../client/transport.ts';
import type { Identity } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import type { DoctorCheck } from '../render/doctor.ts';
import { configDirectory } from './config/context-file.ts';
import { proxyFor } from './config/find-proxy.ts';
import { reportError } from './errors/error-report.ts';
import type { Session } from './session.ts';

type Finding = Omit<DoctorCheck, 'check'>;

/** Requests are signed with the time; from this difference on, the server refuses the first one. */
const SKEW_LIMIT_MS = 300_000;
const SKEW_WARNING_MS = 30_000;

/**
 * Checks what a command needs, from this host to the server; what needs a failed check is skipped.
 * @param unreadable why contexts and settings could not be read
 */
export async function examine(
  session: Session,
  version: string,
  unreadable?: unknown,
): Promise<DoctorCheck[]> {
  const checks: DoctorCheck[] = [];
  const note = (check: string, finding: Finding) => void checks.push({ check, ...finding });
  note('node', ok(process.version));
  const contexts = Object.keys(session.file.contexts).length;
  const configuration = ok(`${configDirectory(session.io.env)}, ${contexts} contexts`);
  note('configuration', unreadable === undefined ? configuration : failed(unreadable));
  note('kubectl', await kubectlFinding(session.io.env['PATH'] ?? ''));
  const server = unreadable === undefined ? await serverFinding(session) : SKIPPED;
  note('server', server);
  const rest =
    server.result === 'ok'
      ? await checkIdentity(session, version)
      : skipped('credentials', 'clock', 'version', 'grants');
  return [...checks, ...rest];
}

async function serverFinding(session: Session): Promise<Finding> {
  try {
    const { server, contextName } = session.connection;
    await session.client.send({ method: 'GET', target: '/readyz' });
    const proxy = await proxyFor(new URL(server));
    const context = contextName === undefined ? '' : `, context ${contextName}`;
    return ok(
      `${server}${context}${proxy === undefined ? '' : `, through the proxy ${proxyAddress(proxy)}`}`,
    );
  } catch (error) {
    return failed(error);
  }
}

/** What the server says of the caller, and of itself. */
async function checkIdentity(session: Session, version: string): Promise<DoctorCheck[]> {
  try {
    const { data, response } = await session.client.GET('/v1/whoami');
    return [
      { check: 'credentials', ...ok(`${data.principal} (${data.authMode})`) },
      { check: 'clock', ...clockFinding(response, session.io.now()) },
      { check: 'version', ...versionFinding(version, data.server.version) },
      { check: 'grants', ...grantsFinding(data) },
    ];
  } catch (error) {
    return [{ check: 'credentials', ...failed(error) }, ...skipped('clock', 'version', 'grants')];
  }
}

const SKIPPED: Finding = { result: 'skipped', detail: '', remedy: null };

function skipped(...names: string[]): DoctorCheck[] {
  return names.map((check) => ({ check, ...SKIPPED }));
}

function ok(detail: string): Finding {
  return { result: 'ok', detail, remedy: null };
}

function failed(error: unknown): Finding {
  const { message, hint } = reportError(error);
  return { result: 'failed', detail: message, remedy: hint };
}

async function kubectlFinding(path: string): Promise<Finding> {
  const found =
    (await which('oc', { path, nothrow: true })) ?? (await which('kubectl', { path, nothrow: true }));
  if (found !== null) return ok(found);
  return {
    result: 'warning',
    detail: 'neither oc nor kubectl is in PATH',
    remedy: 'install one of them to use clusters',
  };
}

function clockFinding(response: TextResponse, now: Date): Finding {
  const date = response.header('date');
  if (date === undefined) return SKIPPED;
  const skewMs = Math.abs(now.getTime() - Date.parse(date));
  const detail = skewMs < 2_000 ? 'as the server' : `${shortDuration(skewMs)} from the server`;
  if (!(skewMs >= SKEW_WARNING_MS)) return ok(detail);
  const remedy =
    skewMs < SKEW_LIMIT_MS
      ? 'set the clock, for example with NTP: the server refuses requests that are 5 minutes off'
      : 'set the clock, for example with NTP; until then each command asks the server twice';
  return { result: 'warning', detail, remedy };
}

function versionFinding(own: string, server: string): Finding {
  if (own === server) return ok(own);
  return {
    result: 'warning',
    detail: `ocpctl ${own}, server ${server}`,
    remedy: `npm install --global ocpctl@${server}`,
  };
}

function grantsFinding({ grants, principal }: Identity): Finding {
  const text = grants.map(({ role, team }) => `${role} in ${team === '*' ? 'all teams' : team}`).join(', ');
  if (grants.length > 0) return ok(text);
  return {
    result: 'failed',
    detail: `${principal} has no grants`,
    remedy: `ask an admin: ocpctl admin grants add ${principal} --role requester --team TEAM`,
  };
}
