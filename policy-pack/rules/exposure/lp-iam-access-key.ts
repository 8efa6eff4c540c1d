import { defineRule } from "../../lib/rule";
import { Truth } from "../../lib/truth";

/**
 * lp-iam-access-key: Stacks make no users and no keys that do not expire
 *
 * Users, access keys, passwords and credentials of single services. Undefined: does not arise, the resource itself is
 * the finding.
 *
 * @severity medium
 * @checkov CKV_AWS_273
 * @securityHub none
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html
 */
export const rule = defineRule({
  id: "lp-iam-access-key",
  family: "exposure",
  title: "Stacks make no users and no keys that do not expire",
  severity: "medium",
  why: "Such credentials work from anywhere until somebody takes them back, and those that a stack makes stand in its state.",
  fix: "let people sign in through IAM Identity Center, and programs take on a role.",
  checkov: ["CKV_AWS_273"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html",
  types: [
    "aws:iam/user:User",
    "aws:iam/accessKey:AccessKey",
    "aws:iam/userLoginProfile:UserLoginProfile",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
  ],
  check({ type }, report) {
    const what = type === "aws:iam/user:User" ? "an IAM user" : "a credential that does not expire";
    report.when(Truth.yes, "", `the stack makes ${what}`);
  },
});
