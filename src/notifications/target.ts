import type { NotificationEvent } from './notification.ts';

/** Where a secret is: never in the configuration itself. */
export type SecretSource = { readonly env: string } | { readonly file: string };

interface NamedTarget {
  /** What it is called in metrics and in the workflow that delivers to it. */
  readonly name: string;
  readonly events?: readonly NotificationEvent[];
}

/** Gets the notification as JSON, signed as https://www.standardwebhooks.com describes where there is a secret. */
export interface WebhookTarget extends NamedTarget {
  readonly kind: 'webhook';
  readonly url: string | SecretSource;
  readonly secret?: SecretSource;
}

/** An incoming webhook of Slack, whose address is a secret (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export interface SlackTarget extends NamedTarget {
  readonly kind: 'slack';
  readonly url: SecretSource;
}

/** A status of the commit that the manifests are from. */
export interface GitHubTarget extends NamedTarget {
  readonly kind: 'github';
  /** `owner/name` */
  readonly repository: string;
  readonly token: SecretSource;
  /** What the status is called; `image-promoter` unless given. */
  readonly context?: string;
  /** Of GitHub Enterprise Server's API. */
  readonly baseUrl?: string;
}

export interface EmailTarget extends NamedTarget {
  readonly kind: 'email';
  /** `smtps://host:465`, or `smtp://host:587`, which has to offer STARTTLS unless it is on this machine. */
  readonly server: string;
  readonly username?: string;
  readonly password?: SecretSource;
  readonly from: string;
  readonly to: readonly string[];
}

/** Somebody who is told, by one way. */
export type NotificationTarget = WebhookTarget | SlackTarget | GitHubTarget | EmailTarget;
