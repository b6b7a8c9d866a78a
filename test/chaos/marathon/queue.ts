import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startElasticMq } from '../../setup/elastic-mq.ts';
import { SqsProxy } from '../../setup/sqs-proxy.ts';

const NAME = 'ocpctl-wake.fifo';

/** A queue of wake-ups, and what servers need to know of it. */
export interface MarathonQueue {
  readonly proxy: SqsProxy;
  readonly settings: NodeJS.ProcessEnv;
  stop(): Promise<void>;
}

export async function openQueue(): Promise<MarathonQueue> {
  const elasticMq = await startElasticMq();
  const proxy = await SqsProxy.start(elasticMq.endpoint);
  const credentials = { accessKeyId: 'AKIAEXAMPLEEXAMPLE00', secretAccessKey: 'example' };
  const region = 'us-east-2';
  const client = new SQSClient({ endpoint: elasticMq.endpoint, region, credentials });
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({ QueueName: NAME, Attributes: { FifoQueue: 'true' } }),
  );
  client.destroy();
  if (QueueUrl === undefined) throw new Error('ElasticMQ gave the queue no URL');
  return {
    proxy,
    settings: {
      OCPCTL_SQS_QUEUE_URL: new URL(new URL(QueueUrl).pathname, proxy.endpoint).href,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_REGION: region,
    },
    async stop() {
      await proxy.stop();
      await elasticMq.stop();
    },
  };
}
