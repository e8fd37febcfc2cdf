/** A table of named moves. A move has a name, because the two statuses alone do not say why it is made. */
export type Moves<Status extends string> = Readonly<
  Record<string, { readonly from: readonly Status[]; readonly to: Status }>
>;

/** The answer to a transition that the table does not allow. Nothing has changed. */
export interface Refusal<Status extends string> {
  readonly refused: string;
  readonly status: Status;
  readonly allowedTransitions: readonly Status[];
}

export function canMove<Status extends string>(moves: Moves<Status>, name: string, status: Status): boolean {
  return moves[name]?.from.includes(status) ?? false;
}

/** The move among `names` that leads from one status to the other. */
export function moveBetween<Status extends string, Name extends string>(
  moves: Moves<Status> & Record<Name, unknown>,
  names: readonly Name[],
  from: Status,
  to: string,
): Name | undefined {
  return names.find((name) => canMove(moves, name, from) && moves[name].to === to);
}

/** The statuses that the moves in `names` lead to from this one. */
export function reachable<Status extends string>(
  moves: Moves<Status>,
  names: readonly string[],
  from: Status,
): Status[] {
  return names.flatMap((name) => (canMove(moves, name, from) ? [moves[name]!.to] : []));
}
