/** Who changes something, when, and why. */
export interface Attribution {
  /** `gateway:<name>`, `admin:<token name>` or `clock`. */
  readonly actor: string;
  readonly at: Date;
  readonly note?: string | null;
}
