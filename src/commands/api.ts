import { string } from '@oclif/core/flags';
import { apiRequest } from '../cli/api-request.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { IDEMPOTENCY_KEY_FLAG, requiredArgument } from '../cli/flags/shared-flags.ts';
import { sendOnce } from '../cli/send-once.ts';
import { printableLines, toJson } from '../contract/escape.ts';
import { recordView } from '../render/view.ts';

export default class Api extends BaseCommand {
  static override summary = 'Send a signed request to the API';
  static override description =
    'Prints the response. Fields are the JSON body, or the query of a GET; a.b is field b of object a. Each change gets an idempotency key.';
  static override examples = [
    "<%= config.bin %> api GET '/v1/clusters?status=READY'",
    '<%= config.bin %> api GET /v1/clusters -f status=READY -o value=items.0.id',
    '<%= config.bin %> api POST /v1/clusters -f name=demo -f profile=aws-minimal-test -F ttlHours=4 -f tags.ticket=42',
    '<%= config.bin %> api POST /v1/clusters --input request.json',
  ];
  static override args = {
    method: requiredArgument('GET, POST, PUT, PATCH or DELETE'),
    path: requiredArgument('Path and query, from /v1 on'),
  };
  static override flags = {
    'raw-field': string({
      char: 'f',
      description: 'Field with a text; can be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    field: string({
      char: 'F',
      description: 'Field with JSON, for example 3, true or null; other values are texts; can be repeated',
      helpValue: 'KEY=VALUE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    input: string({
      description: 'Body of the request; - reads stdin',
      helpValue: 'FILE',
      exclusive: ['field', 'raw-field'],
    }),
    ...IDEMPOTENCY_KEY_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Api);
    const session = await this.open(flags);
    const request = await apiRequest(session.io, args, flags);
    const response = await sendOnce({ flags, check: `ocpctl api GET ${args.path}` }, (key) =>
      session.client.send(
        request.method === 'GET'
          ? request
          : { ...request, headers: { ...request.headers, 'idempotency-key': key } },
      ),
    );
    const document = parseJson(response.text);
    if (document === undefined) return session.printOwnFormat(printableLines(response.text));
    await session.printText(
      `${toJson(document, 2)}\n`,
      recordView({ document, name: args.path, blocks: [] }),
    );
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
