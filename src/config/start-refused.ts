/** The process cannot start, and an operator can change that. The message says how in one line, so no stack is shown. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
