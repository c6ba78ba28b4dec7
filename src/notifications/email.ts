import { createHash } from 'node:crypto';
import { createTransport } from 'nodemailer';
import { PromoterError } from '../errors.ts';
import { linesOf, titleOf, type LinkedNotification } from './notification.ts';
import type { SecretReader } from './secret.ts';
import type { EmailTarget } from './target.ts';

const TIMEOUT_MS = 30_000;
const LOOPBACK = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;

/**
 * Sends an e-mail. Every attempt has the same Message-ID, by which mail servers know one that they have.
 *
 * @throws PromoterError `NotificationFailed` when another attempt may help, `NotificationRefused` when the server refuses
 *   for good, `ConfigInvalid`
 */
export async function sendEmail(
  target: EmailTarget,
  notification: LinkedNotification,
  secrets: SecretReader,
): Promise<void> {
  const url = new URL(target.server);
  const secure = url.protocol === 'smtps:';
  const password = target.password === undefined ? undefined : await secrets(target.password, 'the password');
  const transport = createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || (secure ? 465 : 587)),
    secure,
    requireTLS: !secure && !LOOPBACK.test(url.hostname),
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(target.username === undefined ? {} : { auth: { user: target.username, pass: password ?? '' } }),
  });
  const domain = target.from.replace(/^.*@|>$/g, '');
  try {
    await transport.sendMail({
      from: target.from,
      to: [...target.to],
      subject: titleOf(notification),
      text: `${linesOf(notification).join('\n')}\n`,
      messageId: `<${createHash('sha256').update(notification.id).digest('hex').slice(0, 32)}@${domain}>`,
    });
  } catch (error) {
    throw failureOf(url.host, error);
  } finally {
    transport.close();
  }
}

/** RFC 5321, 4.2.1: a reply of the five hundreds is for good. */
function failureOf(host: string, error: unknown): PromoterError {
  const { responseCode, code } = error as { readonly responseCode?: unknown; readonly code?: unknown };
  if (typeof responseCode === 'number' && responseCode >= 500) {
    const message = `${host} answered ${responseCode}: check user, password and addresses`;
    return new PromoterError('NotificationRefused', message);
  }
  const reason =
    typeof responseCode === 'number'
      ? `answered ${responseCode}`
      : `could not be reached${typeof code === 'string' ? `: ${code}` : ''}`;
  return new PromoterError('NotificationFailed', `${host} ${reason}`);
}
