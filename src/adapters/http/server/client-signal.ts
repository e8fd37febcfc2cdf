import type { FastifyReply } from 'fastify';

/** The client has closed its connection before it was answered. */
export class ClientLeft extends Error {
  constructor() {
    super('the client has left before it was answered');
  }
}

/** A signal that is aborted with `ClientLeft` when the connection closes before the answer is complete. */
export function clientSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const check = (): void => {
    if (!raw.writableEnded) controller.abort(new ClientLeft());
  };
  if (raw.destroyed) check();
  else raw.once('close', check);
  return controller.signal;
}

/** As `clientSignal`, for work that only asks from time to time: a signal and its listener cost as much as parsing a small body. */
export function clientState({ raw }: FastifyReply): Pick<AbortSignal, 'aborted' | 'reason'> {
  return {
    get aborted() {
      return raw.destroyed && !raw.writableEnded;
    },
    get reason() {
      return new ClientLeft();
    },
  };
}
