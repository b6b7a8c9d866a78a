import { string } from '@oclif/core/args';
import { boolean, string as stringFlag } from '@oclif/core/flags';
import { allPages, apiRequest, methodAndPath } from '../cli/api-request.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { UsageError } from '../cli/errors/cli-error.ts';
import { IDEMPOTENCY_KEY_FLAG } from '../cli/flags/shared-flags.ts';
import { sendOnce } from '../cli/send-once.ts';
import { printableLines, toJson } from '../contract/escape.ts';
import { recordView } from '../render/view.ts';

export default class Api extends BaseCommand {
  static override summary = 'Send a signed request to the API';
  static override description =
    'Prints the response. Fields are the JSON body, or the query of a GET; a.b is field b of object a. Each change gets an idempotency key.';
  static override examples = [
    "<%= config.bin %> api '/v1/clusters?status=READY'",
    '<%= config.bin %> api /v1/clusters -f status=READY -o value=items.0.id',
    '<%= config.bin %> api /v1/clusters --paginate --json',
    '<%= config.bin %> api POST /v1/clusters -f name=demo -f profile=aws-minimal-test -F ttlHours=4 -f tags.ticket=42',
    '<%= config.bin %> api POST /v1/clusters --input request.json',
  ];
  static override usage = 'api [METHOD] PATH [flags]';
  static override args = {
    method: string({
      description: 'GET, POST, PUT, PATCH or DELETE (default: GET)',
      ignoreStdin: true,
    }),
    path: string({ description: 'Path and query, from /v1 on (required)', ignoreStdin: true }),
  };
  static override flags = {
    'raw-field': stringFlag({
      char: 'f',
      description: 'Field with a text; can be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    field: stringFlag({
      char: 'F',
      description: 'Field with JSON, for example 3, true or null; other values are texts; can be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    input: stringFlag({
      description: 'Body of the request; - reads stdin',
      helpValue: 'FILE',
      exclusive: ['field', 'raw-field'],
    }),
    paginate: boolean({ description: 'Get all pages of a list, as one document', exclusive: ['input'] }),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Api);
    const session = await this.open(flags);
    const { method, path } = methodAndPath(args);
    const request = await apiRequest(session.io, { method, path }, flags);
    if (flags.paginate && request.method !== 'GET') throw new UsageError('--paginate requires a GET');
    const response = await sendOnce({ flags, check: `ocpctl api ${path}` }, (key) =>
      session.client.send(
        request.method === 'GET'
          ? request
          : { ...request, headers: { ...request.headers, 'idempotency-key': key } },
      ),
    );
    const first = parseJson(response.text);
    const document = flags.paginate ? await allPages(session.client, request, first) : first;
    if (document === undefined) return session.printOwnFormat(printableLines(response.text));
    await session.printText(`${toJson(document, 2)}\n`, recordView({ document, name: path, blocks: [] }));
  }
}

/** @returns undefined for a text that is not JSON */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text === '' ? 'null' : text);
  } catch {
    return undefined;
  }
}
