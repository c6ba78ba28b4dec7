import { z } from 'zod';
import { NOTIFICATION_EVENTS } from '../notifications/notification.ts';
import { setting } from './setting.ts';

const secret = z
  .union(
    [
      z.strictObject({ env: z.string().min(1) }),
      z.strictObject({ file: z.string().startsWith('/', 'is not an absolute path') }),
    ],
    {
      error: 'is neither {env: VARIABLE} nor {file: /absolute/path}',
    },
  )
  .describe('where the secret is: `{env: VARIABLE}` or `{file: /absolute/path}`');

const address = z.url({ protocol: /^https?$/, error: 'is not an http or https address' });

const common = {
  name: z.string().regex(/^[\w.-]+$/, 'is not a name of letters, digits and .-_'),
  events: z.exactOptional(z.array(z.enum(NOTIFICATION_EVENTS)).min(1)),
};

const target = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('webhook'),
    url: z.union([address, secret], { error: 'is neither an address nor {env: VARIABLE} nor {file: /absolute/path}' }),
    secret: z.exactOptional(secret),
  }),
  z.strictObject({ ...common, kind: z.literal('slack'), url: secret }),
  z.strictObject({
    ...common,
    kind: z.literal('github'),
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is not owner/name'),
    token: secret,
    context: z.exactOptional(z.string().min(1)),
    baseUrl: z.exactOptional(address),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('email'),
    server: z.url({ protocol: /^smtps?$/, error: 'is not smtp://host:port or smtps://host:port' }),
    username: z.exactOptional(z.string().min(1)),
    password: z.exactOptional(secret),
    from: z.string().regex(/@/, 'is not an e-mail address'),
    to: z.array(z.string().regex(/@/, 'is not an e-mail address')).min(1),
  }),
]);

/** Who is told what happens to runs; only workers need it. */
export const notificationsSetting = setting(
  z.array(target).refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, {
    error: 'has two targets of one name',
  }),
  {
    description: 'who is told of holds, outcomes and stale replication, see [Observing](observing.md#notifications)',
    otherwise: 'nobody',
  },
);
