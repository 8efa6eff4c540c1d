import { type Configuration, devDefaults, type Registered, registered } from "../../support/registered";

export const certificateArn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555";

/** The shipped stacks, as far as phi3 is in them. */
export const prod: Configuration = {
  ...devDefaults,
  stack: "prod",
  environment: "prod",
  settings: { domain: { name: "llm.example.com", certificateArn } },
};

export function devWith(settings: object): Promise<Registered> {
  return registered("phi3", { ...devDefaults, settings: { ...settings } });
}

/** Inputs of the resource with this logical name. */
export function named({ recording }: Registered, name: string) {
  return recording.named(name).inputs;
}
