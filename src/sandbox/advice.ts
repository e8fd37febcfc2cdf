/** A fault that the reader can correct. The message says how, and no stack is shown. */
export class Advice extends Error {}
