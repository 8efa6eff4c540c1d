import { Truth } from "../truth";
import { conditionAdmits, conditionNarrows } from "./conditions";
import type { Statement } from "./document";
import { serviceOf } from "./reach";

/** Actions that together let whoever may call them take on more rights. */
export interface EscalationPath {
  /** The first one has to be allowed on everything; so have the others, unless the first is iam:PassRole. */
  readonly actions: readonly [string, ...string[]];
  /** With iam:PassRole: the service that a role is passed to, as one label of its principal's name. */
  readonly passedTo?: string;
}

function alone(...actions: readonly string[]): readonly EscalationPath[] {
  return actions.map((action) => ({ actions: [action] }));
}

function passingRole(passedTo: string, ...ways: readonly (readonly string[])[]): readonly EscalationPath[] {
  return ways.map((actions) => ({ actions: ["iam:PassRole", ...actions], passedTo }));
}

/**
 * The known ways from some rights to more. Those with a further action besides one that is enough alone are left out.
 *
 * Sources: Spencer Gietzen, "AWS IAM Privilege Escalation - Methods and Mitigation"
 * (https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/), and the paths of services added since
 * by https://pathfinding.cloud (DataDog), as of November 2026.
 */
export const escalationPaths: readonly EscalationPath[] = [
  ...alone(
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    // Code of the caller's in what already has a role.
    "glue:UpdateDevEndpoint",
    "lambda:UpdateFunctionCode",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
    "ssm:SendCommand",
    "ssm:StartSession",
  ),
  { actions: ["bedrock-agentcore:StartCodeInterpreterSession", "bedrock-agentcore:InvokeCodeInterpreter"] },
  { actions: ["cloudformation:CreateChangeSet", "cloudformation:ExecuteChangeSet"] },
  { actions: ["ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"] },
  { actions: ["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"] },
  { actions: ["ec2-instance-connect:SendSSHPublicKey", "ec2:DescribeInstances"] },
  { actions: ["ecs:ExecuteCommand", "ecs:DescribeTasks"] },
  {
    actions: [
      "sagemaker:CreateNotebookInstanceLifecycleConfig",
      "sagemaker:StopNotebookInstance",
      "sagemaker:UpdateNotebookInstance",
      "sagemaker:StartNotebookInstance",
    ],
  },
  ...passingRole("apprunner", ["apprunner:CreateService"]),
  ...passingRole("bedrock-agentcore", [
    "bedrock-agentcore:CreateCodeInterpreter",
    "bedrock-agentcore:StartCodeInterpreterSession",
    "bedrock-agentcore:InvokeCodeInterpreter",
  ]),
  ...passingRole(
    "cloudformation",
    ["cloudformation:CreateStack"],
    ["cloudformation:CreateStackSet", "cloudformation:CreateStackInstances"],
    ["cloudformation:UpdateStackSet"],
  ),
  ...passingRole(
    "codebuild",
    ["codebuild:CreateProject", "codebuild:StartBuild"],
    ["codebuild:CreateProject", "codebuild:StartBuildBatch"],
  ),
  ...passingRole("datapipeline", ["datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"]),
  ...passingRole("ec2", ["ec2:RunInstances"], ["ec2:RequestSpotInstances"]),
  ...passingRole(
    "ecs-tasks",
    ["ecs:RegisterTaskDefinition", "ecs:CreateService"],
    ["ecs:RegisterTaskDefinition", "ecs:RunTask"],
    ["ecs:RegisterTaskDefinition", "ecs:StartTask"],
  ),
  ...passingRole(
    "glue",
    ["glue:CreateDevEndpoint"],
    ["glue:CreateJob", "glue:StartJobRun"],
    ["glue:CreateJob", "glue:CreateTrigger"],
    ["glue:UpdateJob", "glue:StartJobRun"],
    ["glue:UpdateJob", "glue:CreateTrigger"],
  ),
  ...passingRole(
    "lambda",
    ["lambda:CreateFunction", "lambda:AddPermission"],
    ["lambda:CreateFunction", "lambda:CreateEventSourceMapping"],
    ["lambda:CreateFunction", "lambda:InvokeFunction"],
  ),
  ...passingRole(
    "sagemaker",
    ["sagemaker:CreateNotebookInstance"],
    ["sagemaker:CreateProcessingJob"],
    ["sagemaker:CreateTrainingJob"],
  ),
];

/**
 * Whether a statement opens a path: it gives the first action on everything, and the statements together give the rest.
 * A role that can be passed is enough of a key, so what the other actions of such a path are allowed on does not matter.
 */
export function opensPath(statement: Statement, path: EscalationPath, all: readonly Statement[]): Truth {
  const { actions, passedTo } = path;
  const [first, ...others] = actions;
  const opening = givesOnEverything(statement, first, passedTo);
  if (opening.answer === "no") return opening;
  const given = others.map((action) =>
    Truth.any(
      all.map((each) =>
        passedTo === undefined ? givesOnEverything(each, action) : each.allows().and(each.covers(action)),
      ),
    ),
  );
  return Truth.all([opening, ...given]);
}

const passedToService = "iam:passedtoservice";

/** A test of iam:PassedToService leaves open the paths of the services that it names. */
function givesOnEverything(statement: Statement, action: string, passedTo?: string): Truth {
  const { condition } = statement;
  // There are dozens of paths, and few statements have to do with any.
  const covered = statement.covers(action);
  if (covered.answer === "no") return covered;
  return Truth.all([
    statement.allows(),
    covered,
    statement.reachesEverything(serviceOf(action)),
    conditionNarrows(condition, passedTo && passedToService).not(),
    conditionAdmits(condition, passedToService, (service) => isPassedTo(service, passedTo)),
  ]);
}

function isPassedTo(service: string, label: string | undefined): boolean {
  return label === undefined || /[*?]/.test(service) || service.toLowerCase().split(".").includes(label);
}
