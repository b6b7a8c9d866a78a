import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemRandom } from '../../../../src/client/client-clock.ts';
import { stsProof } from '../../../../src/client/sts-proof.ts';
import { canonicalRequest } from '../../../../src/control-plane/kernel/access/sigv4/canonical-request.ts';
import {
  sha256Hex,
  signatureOf,
  stringToSign,
} from '../../../../src/control-plane/kernel/access/sigv4/signature.ts';

/** Someone whom the fake STS knows. */
export interface AwsPerson {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly arn: string;
  readonly account: string;
  readonly userId: string;
}

export interface StsRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface FakeSts {
  readonly url: string;
  readonly received: StsRequest[];
  /** Gives the next answers; empty: it answers as STS does. */
  readonly answers: ((response: ServerResponse, request: StsRequest) => void)[];
  person(arn: string, options?: { userId?: string; account?: string }): AwsPerson;
  stop(): Promise<void>;
}

/** Verifies signatures as STS does, and can be told to answer as no one should. */
export async function startFakeSts(): Promise<FakeSts> {
  const people = new Map<string, AwsPerson>();
  const received: StsRequest[] = [];
  const answers: FakeSts['answers'] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(chunks).toString() };
      received.push(request);
      const override = answers.shift();
      if (override) override(response, request);
      else verifyIdentityRequest(people, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answers,
    person(arn, options = {}) {
      const role = /:assumed-role\/[^/]+\/(.+)$/.exec(arn);
      const prefix = role ? 'ASIA' : 'AKIA';
      const person = {
        accessKeyId: prefix + randomBytes(8).toString('hex').toUpperCase(),
        secretAccessKey: randomBytes(20).toString('hex'),
        ...(role ? { sessionToken: randomBytes(200).toString('base64') } : {}),
        arn,
        account: options.account ?? arn.split(':')[4] ?? '',
        userId: options.userId ?? (role ? `AROAEXAMPLEEXAMPLE000:${role[1]}` : 'AIDAEXAMPLEEXAMPLE000'),
      };
      people.set(person.accessKeyId, person);
      return person;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([a-z0-9-]+)\/sts\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/;

function verifyIdentityRequest(
  people: ReadonlyMap<string, AwsPerson>,
  { method, url, headers, body }: StsRequest,
  response: ServerResponse,
): void {
  const [, id = '', date = '', region = '', names = '', signature = ''] =
    AUTHORIZATION.exec(headers.authorization ?? '') ?? [];
  const person = people.get(id);
  const canonical = canonicalRequest({
    method,
    path: url,
    query: [],
    headers: new Map(Object.entries(headers).map(([name, value]) => [name, [String(value)]])),
    signedHeaders: names.split(';'),
    payloadHash: sha256Hex(body),
  });
  const scope = { date, region, service: 'sts' };
  const text = stringToSign(String(headers['x-amz-date']), scope, sha256Hex(canonical));
  const isValid =
    person !== undefined &&
    signatureOf(text, person.secretAccessKey, scope).toString('hex') === signature &&
    headers['x-amz-security-token'] === person.sessionToken &&
    headers.host?.startsWith(`sts.${region}.`) &&
    body === 'Action=GetCallerIdentity&Version=2011-06-15';
  if (person && isValid) sendJson(response, 200, identityDocument(person.arn, person.account, person.userId));
  else
    sendJson(response, 403, {
      Error: { Code: 'SignatureDoesNotMatch', Message: 'no', Type: 'Sender' },
      RequestId: 'r',
    });
}

export function identityDocument(Arn: unknown, Account: unknown, UserId: unknown): unknown {
  return {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: { Account, Arn, UserId },
      ResponseMetadata: { RequestId: 'r' },
    },
  };
}

export function sendJson(
  response: ServerResponse,
  status: number,
  document: unknown,
  type = 'application/json',
): void {
  response.writeHead(status, { 'content-type': type });
  response.end(typeof document === 'string' ? document : JSON.stringify(document));
}

export interface ProofDraft {
  readonly audience?: string;
  readonly method?: string;
  readonly target?: string;
  readonly contentType?: string;
  readonly body?: string;
  readonly region?: string;
  readonly at?: Date;
}

/** The headers of a sign-in, made by our own client. */
export function proofOf(server: { readonly url: string }, person: AwsPerson, draft: ProofDraft = {}) {
  const { accessKeyId, secretAccessKey, sessionToken } = person;
  const credentials = {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
  };
  return stsProof(
    {
      audience: draft.audience ?? `ocpctl://${new URL(server.url).host}`,
      method: draft.method ?? 'POST',
      target: draft.target ?? '/v1/auth/sessions',
      contentType: draft.contentType ?? 'application/json',
      body: draft.body ?? '{}',
    },
    { credentials, region: draft.region ?? 'eu-west-1' },
    { at: draft.at ?? new Date(), random: systemRandom },
  );
}
