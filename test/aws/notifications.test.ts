import { CreateTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { sendSns } from '../../src/control-plane/kernel/notifications/aws/sns.ts';
import { CREDENTIALS, describeOnMoto, REGION } from './kit.ts';

const EVENT = {
  ...{ eventId: 'evt_1', type: 'cluster.ready', team: 'a', subject: 'clu_1', subjectName: 'demo' },
  data: { name: 'demo' },
  at: new Date('2026-11-28T10:00:00Z'),
};
process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.accessKeyId;
process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secretAccessKey;

describeOnMoto('notifications through SNS', (fixture) => {
  const signal = new AbortController().signal;
  const send = (topic: string) =>
    sendSns(topic, EVENT, { source: 'urn:ocpctl', endpoint: fixture().endpoint }, signal);

  it('publishes the event to standard and FIFO topics', async () => {
    const sns = new SNSClient(fixture().direct);
    for (const [Name, Attributes] of [
      ['ocpctl-events', {}],
      ['ocpctl-events.fifo', { FifoTopic: 'true' }],
    ] as const) {
      const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name, Attributes }));
      expect(await send(TopicArn)).toEqual({ kind: 'delivered', text: 'published' });
    }
    const url = `${fixture().direct.endpoint}/moto-api/data.json`;
    expect(await (await fetch(url)).text()).toContain('ocpctl-events');
  });

  it('a topic that is gone, or of another owner, is said', async () => {
    expect(await send(`arn:aws:sns:${REGION}:123456789012:missing`)).toMatchObject({ kind: 'unreachable' });
  });
});
