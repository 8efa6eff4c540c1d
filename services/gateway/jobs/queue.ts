import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

export interface Message {
  readonly jobId: string;
  readonly receipt: string;
}

/** The queue of jobs. A message has the job's id only; what to do stands in the database. */
export class JobQueue {
  private readonly client: SQSClient;

  constructor(
    private readonly url: string,
    region: string,
    private readonly visibilitySeconds: number,
  ) {
    // The region, or AWS_ENDPOINT_URL, says where: a queue's URL on this machine may name it otherwise.
    this.client = new SQSClient({ region, useQueueUrlAsEndpoint: false });
  }

  async send(jobId: string): Promise<void> {
    await this.client.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody: JSON.stringify({ jobId }) }));
  }

  /** Waits up to `waitSeconds` for messages. It can't be broken off: the queue would give messages to a connection that nobody reads any more. */
  async receive(most: number, waitSeconds: number): Promise<Message[]> {
    const { Messages = [] } = await this.client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: Math.min(most, 10),
        WaitTimeSeconds: waitSeconds,
        VisibilityTimeout: this.visibilitySeconds,
      }),
    );
    return Messages.flatMap(({ Body, ReceiptHandle: receipt }) => {
      const jobId = jobIdOf(Body);
      // What is no job goes to the dead-letter queue after its deliveries.
      return jobId === undefined || receipt === undefined ? [] : [{ jobId, receipt }];
    });
  }

  /** @param seconds until it is delivered again. Default: as at its receipt */
  async hide({ receipt }: Message, seconds = this.visibilitySeconds): Promise<void> {
    const input = { QueueUrl: this.url, ReceiptHandle: receipt, VisibilityTimeout: seconds };
    await this.client.send(new ChangeMessageVisibilityCommand(input));
  }

  async delete({ receipt }: Message): Promise<void> {
    await this.client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receipt }));
  }

  close(): void {
    this.client.destroy();
  }
}

function jobIdOf(body: string | undefined): string | undefined {
  try {
    const { jobId } = JSON.parse(body ?? "") as { jobId?: unknown };
    return typeof jobId === "string" && /^[0-9a-f-]{36}$/.test(jobId) ? jobId : undefined;
  } catch {
    return undefined;
  }
}
