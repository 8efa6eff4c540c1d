/** `aws:s3/bucket:Bucket "models"` of a URN; a finding about the stack as a whole names no resource. */
export function resourceOf(urn: string | undefined): string {
  const parts = urn?.split("::");
  if (!parts || parts.length < 4) return "stack";
  const type = parts[2]?.split("$").at(-1);
  return type === "pulumi:pulumi:Stack" ? "stack" : `${type} "${parts.slice(3).join("::")}"`;
}

/** `models` of a URN. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}
