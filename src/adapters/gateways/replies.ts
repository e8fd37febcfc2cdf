export interface Reply {
  readonly status: number;
  readonly type?: string;
  readonly body?: string;
}

/** The answers to a callback, as the gateway expects them. It must take only `stored` for an acknowledgement. */
export interface Replies {
  readonly stored: Reply;
  readonly rejected: Reply;
  /** To a compressed body. */
  readonly malformed: Reply;
  readonly unavailable: Reply;
}

/** For gateways that look only at the status. The body is for a person who reads the gateway's delivery log. */
export const JSON_REPLIES: Replies = {
  stored: jsonReply(200, { received: true }),
  rejected: jsonReply(401, { error: 'the signature is not valid' }),
  malformed: jsonReply(400, { error: 'the body is compressed, please send it without Content-Encoding' }),
  unavailable: jsonReply(503, { error: 'not stored, please send again' }),
};

export function jsonReply(status: number, body: Readonly<Record<string, string | boolean>>): Reply {
  return { status, type: 'application/json', body: JSON.stringify(body) };
}
