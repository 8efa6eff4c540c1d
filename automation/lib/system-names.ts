/** By which a stack's outputs and config name a system: `lambda-efs` is `lambdaEfs`. The program itself has the list; loading it takes longer than most commands. */
export function outputKeyOf(system: string): string {
  return system.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The system that a key of outputs is of: `lambdaEfs` is `lambda-efs`. */
export function systemOfOutput(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
