interface Pattern {
  /** How a message names it. */
  readonly kind: string;
  readonly pattern: RegExp;
}

/** Forms that credentials of well-known services have, and assignments of a password that is written out. */
const patterns: readonly Pattern[] = [
  { kind: "an AWS access key id", pattern: /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/ },
  {
    kind: "an AWS secret access key",
    pattern: /aws_?secret(?:_?access)?_?key["']?\s{0,3}[:=]\s{0,3}["']?[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i,
  },
  { kind: "a private key", pattern: /-----BEGIN (?:[A-Z]{1,12} ){0,2}PRIVATE KEY-----/ },
  { kind: "a GitHub token", pattern: /\b(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40})/ },
  { kind: "a GitLab token", pattern: /\bglpat-[A-Za-z0-9_-]{20}/ },
  { kind: "a Hugging Face token", pattern: /\bhf_[A-Za-z]{34}\b/ },
  { kind: "an API key of a model provider", pattern: /\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{32}/ },
  { kind: "a Google API key", pattern: /\bAIza[A-Za-z0-9_-]{35}/ },
  { kind: "a Slack token", pattern: /\bxox[abeoprs]-[A-Za-z0-9-]{10}/ },
  { kind: "a Stripe key", pattern: /\b[rs]k_live_[A-Za-z0-9]{20}/ },
  {
    kind: "a URL with a password",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@"'<>$]{1,64}:[^\s:/@"'<>$]{3,128}@[\w.-]/i,
  },
  {
    // A value that starts with $, <, { or / is a variable, a placeholder, a template or a file.
    kind: "a password",
    pattern:
      /(?<!ch)(?:password|passwd)["']?[ \t]{0,3}[:=][ \t]{0,3}["']?(?!arn:|true\b|false\b)[^\s"'$<>{}()/`%,;\\|&]{6}/i,
  },
];

/** What kind of credential a text holds, for a message; undefined when none is seen. AWS's own example keys are none. */
export function credentialIn(text: string): string | undefined {
  const withoutExamples = text.replaceAll(/\bAKIA[A-Z2-7]{9}EXAMPLE\b/g, "");
  return patterns.find(({ pattern }) => pattern.test(withoutExamples))?.kind;
}
