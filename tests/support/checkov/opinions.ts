/** Why a check fails on a previewed system and may. */
export interface Opinion {
  /** The rule of the policy pack that asks the same question, or a better one to our mind; absent where none does. */
  readonly rule?: string;
  readonly why: string;
}

/** Every check of Checkov that fails on lambda-efs in some stack. `npm run policies:checkov` refuses any other. */
export const opinions: Readonly<Record<string, Opinion>> = {
  CKV_AWS_18: {
    why: "S3's access logs need a second bucket and arrive on a best-effort basis. Who read what is a question for CloudTrail's data events, which belong to the account and not to one of its stacks.",
  },
  CKV_AWS_26: {
    rule: "enc-sns-at-rest",
    why: "Both agree. Staging and prod encrypt the topic with a key of their own, because CloudWatch can't publish through AWS's; in dev, where the rule is advisory, that key's $1 a month is saved.",
  },
  CKV_AWS_116: {
    why: "Asks for `deadLetterConfig`. The functions have an on-failure destination on the same kind of queue (`FunctionEventInvokeConfig`), AWS's alternative to it, which keeps the error beside the event.",
  },
  CKV_AWS_120: {
    why: "The methods are POST, and two predictions for one input are two runs of a model. A cache is paid by the hour and protects nothing; where one is on, `enc-apigw-cache` asks for its encryption.",
  },
  CKV_AWS_144: {
    why: "A copy in a second region doubles the cost of storage. Objects are versioned; models come from elsewhere and can be sent again. Who must outlive a region needs more than a copied bucket.",
  },
  CKV_AWS_145: {
    rule: "enc-s3-at-rest",
    why: "S3 encrypts every object with its own key. Another key adds a second permission to ask for, at $1 a month and a fee for each request: `requireKms` turns that on for those who want it.",
  },
  CKV_AWS_158: {
    rule: "enc-logs-cmk",
    why: "CloudWatch encrypts every log group. A key of the customer's own is asked for with `requireCmk`.",
  },
  CKV_AWS_173: {
    rule: "llm-provider-keys",
    why: "Lambda encrypts the environment with AWS's key. It holds names and switches; what must not be in it is a credential, and that is what the rule looks for. A key of one's own around nothing secret keeps nothing from anyone.",
  },
  CKV_AWS_184: {
    rule: "enc-efs-at-rest",
    why: "Asks for a customer's own key. The file system is encrypted with AWS's, which protects what lies on the disks just as well; the rule takes either.",
  },
  CKV_AWS_225: {
    why: "The same as CKV_AWS_120, asked of the method settings.",
  },
  CKV_AWS_272: {
    why: "Signing proves that code was not changed between a build and a deployment by two parties. Here one run builds the archive in memory and deploys it, with one identity.",
  },
  CKV_AWS_338: {
    rule: "log-loggroup-retention",
    why: "How long a log must last is for those who read it, and here it grows with every request. The rule asks that somebody has chosen; the stacks choose 14 days in dev and 90 in prod, and `logRetentionDays` takes a year as well.",
  },
  CKV2_AWS_4: {
    rule: "log-apigw-access",
    why: "Asks for execution logs. With data tracing they hold bodies, and without they repeat what the access log has, which includes API Gateway's own errors; the rule asks for that one, and `log-apigw-no-data-trace` keeps bodies out.",
  },
  CKV2_AWS_29: {
    rule: "lp-edge-waf",
    why: "Both agree; here it is advice, as a web ACL costs from $5 a month and 60 cents for each million requests. The API is limited by a key, a usage plan and a throttle.",
  },
  CKV2_AWS_51: {
    why: "A client certificate shows an HTTP backend that API Gateway calls it. Here that is Lambda, which asks for an IAM permission limited to this API instead (`lp-lambda-perm-source`).",
  },
  CKV2_AWS_53: {
    why: "The functions check what they get themselves and answer with a message that says what was expected, which a request validator's answer does not. Half of the methods named only answer preflight requests.",
  },
};
