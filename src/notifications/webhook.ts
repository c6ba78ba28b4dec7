import { createHmac } from 'node:crypto';
import { postJson } from './json-post.ts';
import type { LinkedNotification } from './notification.ts';
import { linesOf, titleOf } from './notification.ts';
import type { SecretReader } from './secret.ts';
import type { SlackTarget, WebhookTarget } from './target.ts';

/** Posts the notification as JSON. @throws PromoterError as {@link postJson} does; `ConfigInvalid` */
export async function sendWebhook(
  target: WebhookTarget,
  notification: LinkedNotification,
  secrets: SecretReader,
): Promise<void> {
  const address = typeof target.url === 'string' ? target.url : await secrets(target.url, 'the address');
  const secret = target.secret === undefined ? undefined : await secrets(target.secret, 'the secret');
  const body = JSON.stringify({
    type: `promotion.${notification.event}`,
    title: titleOf(notification),
    ...notification,
  });
  await postJson(address, body, webhookHeaders(notification.id, body, secret, Date.now()));
}

/**
 * The headers of Standard Webhooks 1.0.0 (https://github.com/standard-webhooks/standard-webhooks): an id that is the same
 * for every attempt, the time, and `v1,` with the HMAC-SHA256 of `id.time.body` in base64.
 *
 * @param secret `whsec_` and the key in base64, as the specification writes it, or any text, whose bytes are the key
 */
export function webhookHeaders(
  id: string,
  body: string,
  secret: string | undefined,
  now: number,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}

/** Posts to a channel of Slack. @throws PromoterError as {@link postJson} does; `ConfigInvalid` */
export async function sendSlack(
  target: SlackTarget,
  notification: LinkedNotification,
  secrets: SecretReader,
): Promise<void> {
  const address = await secrets(target.url, 'the address');
  const text = [`*${escapeMarkup(titleOf(notification))}*`, ...linesOf(notification).map(escapeMarkup)].join('\n');
  await postJson(address, JSON.stringify({ text }), {});
}

// https://docs.slack.dev/messaging/formatting-message-text#escaping
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
