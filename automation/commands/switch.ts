import { chooseStack, currentStack } from "../environments/current";
import { knownStacks, readSettings } from "../lib/project";
import { describePlace } from "../lib/session";

/** `./llm switch`: choose the stack that commands are for when none is named; without a name, show the choice. */
export function switchStack(name: string | undefined): void {
  if (name !== undefined) chooseStack(name);
  const current = currentStack();
  for (const stack of knownStacks()) {
    console.log(`${stack === current ? "*" : " "} ${describePlace(stack, readSettings(stack), false)}`);
  }
  if (current === undefined) console.log("None is chosen: ./llm switch <stack>");
}
