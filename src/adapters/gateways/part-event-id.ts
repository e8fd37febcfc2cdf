/** The event id of the nth notification of a callback that has several; the first one has the callback's own id. */
export function partEventId(eventId: string, part: number): string {
  return `${eventId}#${part}`;
}

/** Which notification of its callback an event id stands for; null for an id that names no part. */
export function partOfEventId(eventId: string): number | null {
  // An id that came twice with different contents has a hash after it.
  const part = /#([1-9]\d?)(?:~[0-9a-f]+)?$/.exec(eventId)?.[1];
  return part === undefined ? null : Number(part);
}
