/** The names of a story, by place. Stories share a database, so each has names of its own. */
export class Names {
  constructor(private readonly story: string) {}

  order = (place: number): string => `${this.story}-O${place}`;
  payment = (place: number): string => `${this.story}-P${place}`;
  transaction = (place: number): string => `${this.story}-T${place}`;
  event = (place: number): string => `${this.story}-E${place}`;
  refund = (place: number): string => `${this.story}-R${place}`;
  refundId = (place: number): string => `${this.story}-re${place}`;
  dispute = (place: number): string => `${this.story}-du${place}`;
  reference = (place: number): string => `${this.story}-bank${place}`;
  /** The transaction that the reader of the tests finds in an unreadable body that names this payment. */
  readLater = (place: number): string => `T-${this.payment(place)}`;
}

/** Null for no place. */
export const at = <Name>(name: (place: number) => Name, place: number | null): Name | null =>
  place === null ? null : name(place);
