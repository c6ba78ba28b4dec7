import type { Content } from './contents.ts';

/** An answer that has not been sent yet. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  readonly body?: Buffer | { readonly content: Content; readonly from: number; readonly to: number };
}

/** What a request brings along. */
export interface Call {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const JSON_TYPE = 'application/json';

/** An error as the distribution specification 1.1 shapes it ("Error codes"). */
export function errorReply(status: number, code: string, message: string, headers: Reply['headers'] = {}): Reply {
  return jsonReply(status, { errors: [{ code, message }] }, headers);
}

/** Anything as JSON. */
export function jsonReply(status: number, value: unknown, headers: Reply['headers'] = {}): Reply {
  return bytesReply(status, Buffer.from(JSON.stringify(value)), JSON_TYPE, headers);
}

/** Bytes of a media type. */
export function bytesReply(status: number, body: Buffer, mediaType: string, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { 'content-type': mediaType, 'content-length': body.length, ...headers }, body };
}

/** An answer without a body. */
export function emptyReply(status: number, headers: Reply['headers'] = {}): Reply {
  return { status, headers: status === 204 ? headers : { 'content-length': 0, ...headers } };
}
