/** What every demo and check of a deployed stack is given. */
export interface DemoContext {
  readonly region: string;
  /** Of the local AWS; undefined for a stack on AWS. */
  readonly endpoint: string | undefined;
  /** Gets report.json and report.md, and what else the demo has to show. Made if it is not there. */
  readonly outDir: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string;
  readonly log: (line: string) => void;
}
