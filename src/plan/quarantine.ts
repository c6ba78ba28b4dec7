/** An edge that will not be promoted by this run, and why. */
export interface QuarantinedEdge {
  readonly source: string;
  readonly digest: string;
  readonly destination: string;
  /** Absent for an edge without a tag. */
  readonly tag?: string;
  /** The phase that kept it back. */
  readonly phase: string;
  /** A verdict, or the code of the error that kept it back. */
  readonly reason: string;
  readonly message: string;
}
