import { describe, expect, test } from "vitest";
import { awsEnv } from "../../../local/aws-env";
import { SHORT_WAITS_VARIABLE, shortenWaits } from "../../../toolchain/short-waits";

const upstream = `package retry

import (
	"context"
	"errors"
	"slices"
)

func (conf *StateChangeConfOf[T, S]) WaitForStateContext(ctx context.Context) (T, error) {
	delay := backoff.SDKv2HelperRetryCompatibleDelay(conf.Delay, conf.PollInterval, conf.MinTimeout)
	loop(delay)
}
`;

describe("shortening the provider's waits", () => {
  test("changes the pause between two looks when the variable is set, and nothing else", () => {
    expect(shortenWaits(upstream)).toBe(
      upstream
        .replace('\t"errors"\n', '\t"errors"\n\t"os"\n')
        .replace(
          "\tloop(delay)",
          `\tif os.Getenv("LLM_STACKS_SHORT_WAITS") != "" {\n\t\tdelay = backoff.FixedDelay(100 * time.Millisecond)\n\t}\n\tloop(delay)`,
        ),
    );
  });

  test("fails when the upstream file has another form", () => {
    expect(() => shortenWaits(upstream.replace("conf.MinTimeout", "conf.Least"))).toThrow("internal/retry/state.go");
  });

  test("is asked for where the provider talks to the emulator", () => {
    expect(awsEnv("http://127.0.0.1:4566")[SHORT_WAITS_VARIABLE]).toBe("true");
  });
});
