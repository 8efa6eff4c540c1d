import { defineRule } from "../../lib/rule";
import { refersTo, type StackResource, type StackView, written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const queueType = "aws:sqs/queue:Queue";

/**
 * rel-sqs-dlq: Queues that feed functions put failing messages aside
 *
 * Queues that an event source mapping or a pipe reads have a redrive policy, inline or as a resource of their own.
 * Queues that others use as dead-letter queues are excepted. Undefined: violation.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
 */
export const rule = defineRule({
  id: "rel-sqs-dlq",
  family: "reliability",
  title: "Queues that feed functions put failing messages aside",
  severity: "low",
  why: "A message that fails every time is tried until it expires, holds up or costs the others, and is then lost without a trace.",
  fix: "add a second aws.sqs.Queue, and set `redrivePolicy` of the first to its ARN and a `maxReceiveCount` of 5 or so.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
  types: [],
  checkStack(stack, report) {
    for (const queue of stack.ofType(queueType)) {
      const lacks = isRead(stack, queue).and(redrives(stack, queue).not()).and(isDeadLetterQueue(stack, queue).not());
      report.on(queue).when(lacks, "redrivePolicy", "the queue feeds a function and has no dead-letter queue");
    }
  },
});

function isRead(stack: StackView, queue: StackResource): Truth {
  const mappings = stack.ofType("aws:lambda/eventSourceMapping:EventSourceMapping");
  const pipes = stack.ofType("aws:pipes/pipe:Pipe");
  return Truth.any([
    ...mappings.map((mapping) => refersTo(mapping, "eventSourceArn", queue, ["arn"])),
    ...pipes.map((pipe) => refersTo(pipe, "source", queue, ["arn"])),
  ]);
}

function redrives(stack: StackView, queue: StackResource): Truth {
  const policies = stack.ofType("aws:sqs/redrivePolicy:RedrivePolicy");
  const separate = policies.map((policy) => refersTo(policy, "queueUrl", queue, ["url", "id"]));
  return written(queue, "redrivePolicy").hasContent().or(Truth.any(separate));
}

function isDeadLetterQueue(stack: StackView, queue: StackResource): Truth {
  const holders = [...stack.ofType(queueType), ...stack.ofType("aws:sqs/redrivePolicy:RedrivePolicy")];
  return Truth.any([
    written(queue, "redriveAllowPolicy").hasContent(),
    ...holders.map((holder) => redrivesTo(holder, queue)),
  ]);
}

/** Whether a redrive policy, which is JSON, names the queue or was made of it. */
function redrivesTo(holder: StackResource, queue: StackResource): Truth {
  const target = holder.props.at("redrivePolicy").asDocument()?.at("deadLetterTargetArn").scalar();
  const arn = queue.props.at("arn").scalar();
  if (target !== undefined && arn !== undefined) return Truth.of(target === arn);
  return Truth.of(holder.propertyDependencies.get("redrivePolicy")?.has(queue.urn) ?? false);
}
