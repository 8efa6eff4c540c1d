import { z } from "zod";
import { alwaysFree, factSetting, prices } from "../../lib/free-tier/limits";
import { count, price } from "../../lib/free-tier/sums";
import { Quantity } from "../../lib/quantity";
import { defineRule } from "../../lib/rule";
import { written } from "../../lib/stack-view";
import { Truth } from "../../lib/truth";

const functionType = "aws:lambda/function:Function";
const provisionedType = "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig";
const defaults = { memoryMb: 128, timeoutSeconds: 3, storageMb: 512 };

/**
 * ft-lambda-shape: Lambda functions are of a size that the free time lasts for
 *
 * No provisioned concurrency, no more temporary storage than is included, and memory and time-out within what the config
 * calls small: their product is what one run can use up of the free GB-seconds. Undefined: passes, the defaults are 128 MB,
 * 3 s and 512 MB.
 *
 * @severity low
 * @checkov none
 * @securityHub none
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
 */
export const rule = defineRule({
  id: "ft-lambda-shape",
  family: "free-tier",
  title: "Lambda functions are of a size that the free time lasts for",
  severity: "low",
  why: "Every account has 400,000 GB-s a month for good; a function with 10 GB that hangs for its 15 minutes uses them up in 44 runs.",
  fix: "lower `memorySize` and `timeout`, leave out `ephemeralStorage`, and remove the provisioned concurrency.",
  checkov: [],
  securityHub: [],
  page: "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html",
  types: [functionType, provisionedType],
  settings: z.strictObject({
    gbSeconds: factSetting(alwaysFree.lambdaGbSeconds, "What all runs may use"),
    gbSecondPrice: factSetting(prices.lambdaGbSecond, "What more time costs"),
    memoryMb: z.int().min(128).default(1024).describe("Largest memory of a function, in MB"),
    timeoutSeconds: z.int().min(1).default(60).describe("Longest time-out of a function, in seconds"),
  }),
  check({ type, props }, report, { memoryMb, timeoutSeconds }) {
    report.when(Truth.of(type === provisionedType), "", "provisioned concurrency is billed while nothing runs");
    for (const [value, most, unit] of [
      [props.at("memorySize"), memoryMb, "MB of memory"],
      [props.at("timeout"), timeoutSeconds, "seconds"],
      [props.at("ephemeralStorage", "size"), defaults.storageMb, "MB of temporary storage"],
    ] as const) {
      const isMore = value.matches((number) => Number(number ?? 0) > most);
      report.when(isMore, value, `${value.scalar()} ${unit} are more than ${most}`);
    }
  },
  checkStack(stack, report, { gbSeconds, gbSecondPrice }) {
    const functions = stack.ofType(functionType).filter((one) => stack.judges(one).answer === "yes");
    if (functions.length === 0) return;
    const longest = Quantity.sum(
      functions.map((one) => {
        const memory = Quantity.of(written(one, "memorySize"), defaults.memoryMb);
        return memory
          .times(Quantity.of(written(one, "timeout"), defaults.timeoutSeconds))
          .times(new Quantity(1 / 1024));
      }),
    );
    const runs = longest.least > 0 ? Math.floor(gbSeconds / longest.least) : undefined;
    const text = runs === undefined ? "" : `: ${count(runs)} times in ${count(gbSeconds)} free GB-s a month`;
    report.summary(
      `Free tier: one longest run of every Lambda function (${functions.length}) takes ` +
        `${longest.paths.length > 0 ? "at least " : ""}${count(longest.least)} GB-s${text}; beyond it ${price(gbSecondPrice)} a GB-s.`,
    );
  },
});
