/** The types that say how an instance is started. */
export const launchTypes = [
  "aws:ec2/instance:Instance",
  "aws:ec2/spotInstanceRequest:SpotInstanceRequest",
  "aws:ec2/launchTemplate:LaunchTemplate",
  "aws:ec2/launchConfiguration:LaunchConfiguration",
] as const;

/** Whether a property of this type can be changed without a new resource; the others make a new one of every change. */
export function changesInPlace(type: string): boolean {
  return type === "aws:ec2/instance:Instance" || type === "aws:ec2/launchTemplate:LaunchTemplate";
}
