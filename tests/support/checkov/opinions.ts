/** Why a check fails on a previewed system and may. */
export interface Opinion {
  /** The rule of the policy pack that asks the same question, or a better one to our mind; absent where none does. */
  readonly rule?: string;
  readonly why: string;
}

/** Every check of Checkov that fails on a system in some stack. `npm run policies:checkov` refuses any other. */
export const opinions: Readonly<Record<string, Opinion>> = {
  CKV_AWS_2: {
    rule: "enc-alb-https",
    why: "Fails in dev alone, which needs no domain and so has no certificate; the rule is exempted there with an end date. The load balancer then lets in only CloudFront and the API's VPC link. Staging and prod are not configured without a certificate.",
  },
  CKV_AWS_18: {
    why: "S3's access logs need a second bucket and arrive on a best-effort basis. Who read what is a question for CloudTrail's data events, which belong to the account and not to one of its stacks.",
  },
  CKV_AWS_26: {
    rule: "enc-sns-at-rest",
    why: "Both agree. Staging and prod encrypt the topic with a key of their own, because CloudWatch can't publish through AWS's; in dev, where the rule is advisory, that key's $1 a month is saved.",
  },
  CKV_AWS_68: {
    rule: "lp-edge-waf",
    why: "A web ACL costs $5 a month and more, and afirgen is to cost nothing where it can: the rule gives way to what is tagged as free. nginx limits requests there, and the machine lets in CloudFront alone.",
  },
  CKV_AWS_86: {
    rule: "log-cf-access",
    why: "Sees the old way of logging to a bucket alone. The distributions send access logs to CloudWatch through a delivery source, which the rule takes as well.",
  },
  CKV_AWS_103: {
    rule: "enc-alb-tls-policy",
    why: "Asks a listener without TLS for a version of TLS: the one of dev, see CKV_AWS_2.",
  },
  CKV_AWS_116: {
    why: "Asks for `deadLetterConfig`. The functions have an on-failure destination on the same kind of queue (`FunctionEventInvokeConfig`), AWS's alternative to it, which keeps the error beside the event.",
  },
  CKV_AWS_117: {
    why: "The authorizer of the API reads one parameter of Systems Manager. A VPC would give it nothing to reach and would cost an interface endpoint.",
  },
  CKV_AWS_118: {
    why: "Enhanced monitoring is paid by the gigabyte of logs. CPU, memory, storage, connections and latency come without it and have alarms; Performance Insights shows which statements wait.",
  },
  CKV_AWS_119: {
    rule: "enc-dynamodb-at-rest",
    why: "DynamoDB encrypts every table. The rule asks for a customer's own key with `requireCmk`.",
  },
  CKV_AWS_120: {
    why: "The methods are POST, and two predictions for one input are two runs of a model. A cache is paid by the hour and protects nothing; where one is on, `enc-apigw-cache` asks for its encryption.",
  },
  CKV_AWS_126: {
    rule: "ft-ec2-monitoring",
    why: "Metrics by the minute cost $2.10 a month for an instance, so the rule asks for the opposite of what is tagged as free. The agent on the machine sends the ten metrics that are free.",
  },
  CKV_AWS_135: {
    why: "A t3 is optimized for EBS whatever is asked, and a t2 can't be; the setting is for older types where it costs extra.",
  },
  CKV_AWS_144: {
    why: "A copy in a second region doubles the cost of storage. Objects are versioned; models come from elsewhere and can be sent again. Who must outlive a region needs more than a copied bucket.",
  },
  CKV_AWS_145: {
    rule: "enc-s3-at-rest",
    why: "S3 encrypts every object with its own key. Another key adds a second permission to ask for, at $1 a month and a fee for each request: `requireKms` turns that on for those who want it.",
  },
  CKV_AWS_149: {
    rule: "enc-secret-cmk",
    why: "Secrets Manager encrypts every secret with AWS's key; who may read is decided by IAM, on the secret's own name. A key of one's own is asked for with `requireCmk`.",
  },
  CKV_AWS_150: {
    rule: "rel-alb-deletion-protection",
    why: "Both agree on prod, which has it. Dev and staging are taken down with one command.",
  },
  CKV_AWS_157: {
    rule: "rel-rds-multi-az",
    why: "Both agree on prod, which has a standby. In dev and staging it would double the price of the database.",
  },
  CKV_AWS_158: {
    rule: "enc-logs-cmk",
    why: "CloudWatch encrypts every log group. A key of the customer's own is asked for with `requireCmk`.",
  },
  CKV_AWS_161: {
    why: "The gateway keeps a pool of connections with a password that AWS makes up and replaces. Tokens of IAM live 15 minutes and have limits of their own for new connections.",
  },
  CKV_AWS_173: {
    rule: "llm-provider-keys",
    why: "Lambda encrypts the environment with AWS's key. It holds names and switches; what must not be in it is a credential, and that is what the rule looks for. A key of one's own around nothing secret keeps nothing from anyone.",
  },
  CKV_AWS_174: {
    rule: "enc-cf-min-tls",
    why: "The certificate of *.cloudfront.net comes with TLSv1 as the least, which can't be changed. With `pageDomain` the distribution has its own and TLSv1.2_2021.",
  },
  CKV_AWS_184: {
    rule: "enc-efs-at-rest",
    why: "Asks for a customer's own key. The file system is encrypted with AWS's, which protects what lies on the disks just as well; the rule takes either.",
  },
  CKV_AWS_191: {
    rule: "enc-elasticache-at-rest",
    why: "The cache is encrypted with AWS's key. The rule takes either; what is in it, counters and circuits, is worth no key of $1 a month.",
  },
  CKV_AWS_225: {
    why: "The same as CKV_AWS_120, asked of the method settings.",
  },
  CKV_AWS_259: {
    why: "Asks for `preload`. That puts the whole domain with all its subdomains on a list in browsers that takes months to leave: a decision for who owns the domain. A year with subdomains is set.",
  },
  CKV_AWS_260: {
    rule: "lp-sg-unrestricted-ports",
    why: "In prod port 80 answers with a redirect to HTTPS and nothing else. In dev the rules name CloudFront's prefix list and a security group, which the check takes for everyone.",
  },
  CKV_AWS_272: {
    why: "Signing proves that code was not changed between a build and a deployment by two parties. Here one run builds the archive in memory and deploys it, with one identity.",
  },
  CKV_AWS_293: {
    rule: "rel-rds-deletion-protection",
    why: "Both agree on prod, which has it. Dev and staging are taken down with one command.",
  },
  CKV_AWS_305: {
    why: "`/` of this distribution is a page of Open WebUI, made by the application; a default root object is for files.",
  },
  CKV_AWS_309: {
    rule: "lp-apigw-auth",
    why: "Both agree. `GET /health` is open on purpose and exempted with its reason: monitors ask without a key, and the answer is a status code alone.",
  },
  CKV_AWS_310: {
    why: "A second origin to fail over to would be a second fleet, with its GPUs, in another region. Who needs one deploys a second stack.",
  },
  CKV_AWS_337: {
    why: "Secure strings are encrypted with the key `alias/aws/ssm` of the account, free of charge; who may read is decided by IAM, on each parameter's own name. A key of one's own costs $1 a month and can be deleted by mistake.",
  },
  CKV_AWS_338: {
    rule: "log-loggroup-retention",
    why: "How long a log must last is for those who read it, and here it grows with every request. The rule asks that somebody has chosen; the stacks choose 14 days in dev and 90 in prod, and `logRetentionDays` takes a year as well.",
  },
  CKV_AWS_354: {
    why: "Performance Insights is encrypted with AWS's key, and keeps statements without their values.",
  },
  CKV_AWS_355: {
    rule: "lp-iam-resource-star-write",
    why: "Both read the statement; the rule asks of writing alone. The usage report counts the whole account, and what it may do there is describe and list.",
  },
  CKV_AWS_374: {
    why: "Where visitors are is for those who run the system to decide. A country is not a fault, and no default of ours would be right.",
  },
  CKV_AWS_378: {
    why: "TLS ends at the load balancer. Behind it, in private subnets, the engines speak plain HTTP, as they do by themselves; their security group lets in the load balancer alone.",
  },
  CKV2_AWS_4: {
    rule: "log-apigw-access",
    why: "Asks for execution logs. With data tracing they hold bodies, and without they repeat what the access log has, which includes API Gateway's own errors; the rule asks for that one, and `log-apigw-no-data-trace` keeps bodies out.",
  },
  CKV2_AWS_11: {
    rule: "log-vpc-flow",
    why: "The rule gives way to what is tagged as free: flow logs would share the free 5 GB of logs with the application. `flowLogs` turns them on.",
  },
  CKV2_AWS_20: {
    rule: "enc-alb-https",
    why: "In dev there is no HTTPS to redirect to, see CKV_AWS_2. CloudFront in front of it redirects.",
  },
  CKV2_AWS_29: {
    rule: "lp-edge-waf",
    why: "Both agree; here it is advice, as a web ACL costs from $5 a month and 60 cents for each million requests. The API is limited by a key, a usage plan and a throttle.",
  },
  CKV2_AWS_34: {
    why: "The parameter is the gateway's environment: names and addresses. Its secrets are in Secrets Manager.",
  },
  CKV2_AWS_42: {
    why: "A certificate of one's own needs a domain of one's own: `pageDomain`. The name of CloudFront serves HTTPS too.",
  },
  CKV2_AWS_47: {
    why: "The ACL has the group against Log4j's fault (AWSManagedRulesKnownBadInputsRuleSet). The check asks for AWSManagedRulesAnonymousIpList too, which blocks whoever calls from a cloud, as most users of an API do.",
  },
  CKV2_AWS_50: {
    rule: "rel-elasticache-failover",
    why: "Both agree on prod, which has a replica that takes over. In dev one node does.",
  },
  CKV2_AWS_51: {
    why: "A client certificate shows an HTTP backend that API Gateway calls it. Here that is Lambda, which asks for an IAM permission limited to this API instead (`lp-lambda-perm-source`).",
  },
  CKV2_AWS_53: {
    why: "The functions check what they get themselves and answer with a message that says what was expected, which a request validator's answer does not. Half of the methods named only answer preflight requests.",
  },
  CKV2_AWS_57: {
    why: "It holds keys that others give out, and keys of callers and engines: what replaces them has to tell those. The password of the database is replaced by AWS every seven days.",
  },
  CKV2_AWS_62: {
    why: "Nothing waits for these objects. A notification without a receiver tells nobody.",
  },
  CKV2_AWS_76: {
    why: "The same as CKV2_AWS_47, for load balancers.",
  },
};
