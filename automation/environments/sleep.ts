import {
  AutoScalingClient,
  DescribeAutoScalingGroupsCommand,
  ResumeProcessesCommand,
  SuspendProcessesCommand,
  UpdateAutoScalingGroupCommand,
} from "@aws-sdk/client-auto-scaling";
import {
  DescribeDBInstancesCommand,
  RDSClient,
  StartDBInstanceCommand,
  StopDBInstanceCommand,
} from "@aws-sdk/client-rds";
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { regionOf, resourcesOf, type Session } from "../lib/session";
import { UserError } from "../lib/user-error";
import type { RecordedResource } from "./place";
import { parameterOf, readRecord, type SleepRecord } from "./sleep-record";

/** What would start instances by itself: schedules in the morning, and alarms. */
const wakers = ["AlarmNotification", "ScheduledActions"];

/** Sizes of a fleet as the program gives them. */
export interface FleetSizes {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly desired: number;
}

/** The fleets that a state holds. */
export function fleetsIn(resources: readonly RecordedResource[]): FleetSizes[] {
  return resources
    .filter(({ type }) => type === "aws:autoscaling/group:Group")
    .map(({ inputs = {}, outputs = {} }) => {
      const min = Number(inputs["minSize"] ?? 0);
      return {
        name: String(outputs["name"] ?? ""),
        min,
        max: Number(inputs["maxSize"] ?? min),
        desired: Number(inputs["desiredCapacity"] ?? min),
      };
    });
}

/** The size a fleet wakes to: what it had, or what the program says where it had none, within its bounds of now. */
export function wakeSize(fleet: FleetSizes, before: number | undefined): number {
  return Math.min(fleet.max, Math.max(fleet.min, before || fleet.desired));
}

/** @throws UserError for production */
export function refuseProduction({ stackName, settings }: Pick<Session, "stackName" | "settings">): void {
  if (settings.config?.["llm-stacks:environment"] !== "prod") return;
  throw new UserError(
    `Stack ${stackName} is production, which does not sleep.`,
    "To spend less there, take smaller sizes or schedules in its configuration.",
  );
}

interface Clients {
  readonly scaling: AutoScalingClient;
  readonly rds: RDSClient;
  readonly ssm: SSMClient;
}

async function withClients<T>(session: Session, action: (clients: Clients) => Promise<T>): Promise<T> {
  const region = regionOf(session.settings);
  const clients = {
    scaling: new AutoScalingClient({ region }),
    rds: new RDSClient({ region }),
    ssm: new SSMClient({ region }),
  };
  try {
    return await action(clients);
  } finally {
    for (const client of Object.values(clients)) client.destroy();
  }
}

export interface SleepResult {
  readonly record: SleepRecord;
  /** What was taken to zero or stopped now. */
  readonly done: readonly string[];
}

/**
 * Takes the fleets of a stack to zero, keeps what would start them from doing so, and stops its databases. What it was is recorded before anything
 * is changed. A stack that sleeps already is brought to sleep whole: its record stays, fleets that came since are added.
 */
export async function sleepStack(session: Session): Promise<SleepResult> {
  const resources = await resourcesOf(session.stack);
  const name = await parameterOf(session);
  return withClients(session, async (clients) => {
    const { scaling, rds, ssm } = clients;
    const before = await readRecord(ssm, name);
    const groups = await describeGroups(scaling, fleetsIn(resources));
    const databases = await runningDatabases(rds, resources);
    const known = new Set(before?.groups.map((group) => group.name));
    const record: SleepRecord = {
      since: before?.since ?? new Date().toISOString(),
      groups: [...(before?.groups ?? []), ...groups.filter((group) => !known.has(group.name))],
      databases: [...new Set([...(before?.databases ?? []), ...databases])],
    };
    if (record.groups.length + record.databases.length === 0) return { record, done: [] };
    const project = (await session.stack.workspace.projectSettings()).name;
    await ssm.send(
      new PutParameterCommand({
        Name: name,
        Value: JSON.stringify(record),
        Type: "String",
        ...(before
          ? { Overwrite: true }
          : {
              Tags: [
                { Key: "Project", Value: project },
                { Key: "Stack", Value: session.stackName },
              ],
            }),
      }),
    );
    const done: string[] = [];
    for (const { name: group } of groups) {
      await scaling.send(new SuspendProcessesCommand({ AutoScalingGroupName: group, ScalingProcesses: wakers }));
      const none = { MinSize: 0, MaxSize: 0, DesiredCapacity: 0 };
      await scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, ...none }));
      done.push(`fleet ${group}`);
    }
    for (const id of databases) {
      await rds.send(new StopDBInstanceCommand({ DBInstanceIdentifier: id }));
      done.push(`database ${id}`);
    }
    return { record, done };
  });
}

async function describeGroups(scaling: AutoScalingClient, fleets: readonly FleetSizes[]) {
  if (fleets.length === 0) return [];
  const AutoScalingGroupNames = fleets.map(({ name }) => name);
  const { AutoScalingGroups = [] } = await scaling.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames }),
  );
  return AutoScalingGroups.map(({ AutoScalingGroupName = "", DesiredCapacity = 0, SuspendedProcesses = [] }) => ({
    name: AutoScalingGroupName,
    desired: DesiredCapacity,
    suspended: SuspendedProcesses.map(({ ProcessName = "" }) => ProcessName),
  }));
}

async function runningDatabases(rds: RDSClient, resources: readonly RecordedResource[]): Promise<string[]> {
  const running: string[] = [];
  for (const { type, outputs } of resources) {
    if (type !== "aws:rds/instance:Instance") continue;
    const DBInstanceIdentifier = String(outputs?.["identifier"]);
    const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier }));
    if (DBInstances[0]?.DBInstanceStatus === "available") running.push(DBInstanceIdentifier);
  }
  return running;
}

/** Brings a sleeping stack back. The record is forgotten last, so that a run which stopped in the middle can be repeated. @throws UserError when it does not sleep */
export async function wakeStack(session: Session): Promise<SleepResult> {
  const fleets = fleetsIn(await resourcesOf(session.stack));
  const name = await parameterOf(session);
  return withClients(session, async ({ scaling, rds, ssm }) => {
    const record = await readRecord(ssm, name);
    if (!record) {
      throw new UserError(
        `Stack ${session.stackName} does not sleep.`,
        `To bring it to sleep: ./llm sleep ${session.stackName}`,
      );
    }
    const done: string[] = [];
    // Databases take minutes, and servers look for them.
    for (const id of record.databases) {
      const { DBInstances = [] } = await rds.send(new DescribeDBInstancesCommand({ DBInstanceIdentifier: id }));
      const status = DBInstances[0]?.DBInstanceStatus;
      if (status === "stopping") {
        throw new UserError(
          `Database ${id} is still stopping, and can be started when it has.`,
          "Run the same command again in some minutes.",
        );
      }
      if (status !== "stopped") continue;
      await rds.send(new StartDBInstanceCommand({ DBInstanceIdentifier: id }));
      done.push(`database ${id}`);
    }
    for (const fleet of fleets) {
      const before = record.groups.find((group) => group.name === fleet.name);
      if (!before) continue;
      const sizes = { MinSize: fleet.min, MaxSize: fleet.max, DesiredCapacity: wakeSize(fleet, before.desired) };
      await scaling.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: fleet.name, ...sizes }));
      const resumed = wakers.filter((process) => !before.suspended.includes(process));
      if (resumed.length > 0) {
        await scaling.send(new ResumeProcessesCommand({ AutoScalingGroupName: fleet.name, ScalingProcesses: resumed }));
      }
      done.push(`fleet ${fleet.name} (${sizes.DesiredCapacity} of ${fleet.min} to ${fleet.max})`);
    }
    await ssm.send(new DeleteParameterCommand({ Name: name }));
    return { record, done };
  });
}
