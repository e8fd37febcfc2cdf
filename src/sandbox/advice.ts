/** A fault that its reader can mend: the message says how, and no stack is shown. */
export class Advice extends Error {}
