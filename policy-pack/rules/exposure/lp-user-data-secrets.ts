import { credentialIn } from "../../lib/credentials";
import { launchTypes } from "../../lib/launches";
import { defineRule } from "../../lib/rule";
import { readingsOf } from "../../lib/user-data";

/**
 * lp-user-data-secrets: User data and function environments hold no credentials
 *
 * Looks for access keys, private keys, tokens of well-known services and passwords that are written out, in user data as
 * text, in base64 or compressed, and in the environment variables of functions, where the name of a variable counts too.
 * References to a secret and to SSM parameters are none. Undefined: passes.
 *
 * @severity critical
 * @checkov CKV_AWS_46 CKV_AWS_45
 * @securityHub none
 * @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
 */
export const rule = defineRule({
  id: "lp-user-data-secrets",
  family: "exposure",
  title: "User data and function environments hold no credentials",
  severity: "critical",
  why: "Everything on the instance, and everyone who may describe instances, templates or functions, can read them; they also stand in the stack's state.",
  fix: "revoke the credential, keep the new one in Secrets Manager or as an SSM SecureString, and pass its name; the role reads it at start.",
  checkov: ["CKV_AWS_46", "CKV_AWS_45"],
  securityHub: [],
  page: "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html",
  types: [...launchTypes, "aws:lambda/function:Function"],
  check({ props }, report) {
    for (const userData of [props.at("userData"), props.at("userDataBase64")]) {
      const kind = readingsOf(String(userData.scalar() ?? ""))
        .map(credentialIn)
        .find(Boolean);
      const holds = userData.matches(() => kind !== undefined);
      report.when(holds, userData, `the user data holds what looks like ${kind}`);
    }
    for (const [name, value] of props.at("environment", "variables").entries()) {
      const kind = credentialIn(String(value.scalar() ?? "")) ?? passwordNamed(name, String(value.scalar() ?? ""));
      const holds = value.matches(() => kind !== undefined);
      report.when(holds, value, `the variable holds what looks like ${kind}`);
    }
  },
});

/** A variable that by its name holds a password or key, unless it refers to a secret, a parameter or a file. */
function passwordNamed(name: string, value: string): string | undefined {
  const isSecret = /(?:PASSWORD|PASSWD|SECRET_ACCESS_KEY|SECRET_KEY|PRIVATE_KEY)$/i.test(name);
  const isReference = /^(?:$|arn:|\/|\{\{resolve:|\$)/.test(value);
  return isSecret && !isReference ? "a password or key" : undefined;
}
