import { type Configuration, devDefaults, type Registered, registered } from "../../support/registered";
import { certificateArn } from "./phi3-fixtures";

export const prod: Configuration = {
  ...devDefaults,
  stack: "prod",
  environment: "prod",
  settings: { allowP5: true, domain: { name: "agents-origin.example.com", certificateArn } },
};

export const staging: Configuration = {
  ...devDefaults,
  stack: "staging",
  environment: "staging",
  settings: { domain: { name: "agents-origin.example.com", certificateArn } },
};

export function devWith(settings: object, secrets: Readonly<Record<string, string>> = {}): Promise<Registered> {
  return registered("agents", { ...devDefaults, settings: { ...settings }, secrets });
}

/** Inputs of the resource with this logical name. */
export function named({ recording }: Registered, name: string) {
  return recording.named(name).inputs;
}
