import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { isTransient, PromoterError, type ErrorCode } from '../../src/errors.ts';
import type { LinkedNotification } from '../../src/notifications/notification.ts';
import { createNotifier } from '../../src/notifications/notifier.ts';
import { createSecretReader } from '../../src/notifications/secret.ts';
import type { NotificationTarget } from '../../src/notifications/target.ts';
import { webhookHeaders } from '../../src/notifications/webhook.ts';
import { reply, startHttpHost, type HttpHost } from '../registry/http-host.ts';
import { startSmtpHost } from './smtp-host.ts';

const COMMIT = 'c0ffee'.padEnd(40, '0');
const HELD: LinkedNotification = {
  id: 'notification/held/promotion/prod/run/1',
  event: 'held',
  workflowId: 'promotion/prod',
  runId: 'run',
  at: 1_700_000_000_000,
  destinations: ['prod.example/images', 'mirror.example/images'],
  commit: COMMIT,
  phase: 'promote',
  reason: 'PUT <prod> answered 500 & more',
  link: 'https://ui.example/run',
};

describe('a notifier', () => {
  let host: HttpHost;
  let status: number;

  beforeEach(async () => {
    status = 200;
    host = await startHttpHost((_, response) => reply(response, status, { 'retry-after': '7' }, '{}'));
  });
  afterEach(() => host.close());

  async function deliver(target: NotificationTarget, notification = HELD): Promise<void> {
    const secrets = createSecretReader({ TOKEN: 'token-canary', KEY: 'key-canary', SLACK: `${host.origin}/T0/canary` });
    await createNotifier([target], secrets).deliver(target.name, notification);
  }

  it('signs what it posts to a webhook as Standard Webhooks says', async () => {
    await deliver({ kind: 'webhook', name: 'hook', url: `${host.origin}/in`, secret: { env: 'KEY' } });
    const [seen] = host.seen;
    assert.ok(seen);
    const { headers, body } = seen;
    const { 'webhook-id': id, 'webhook-timestamp': time } = headers;
    const expected = createHmac('sha256', 'key-canary')
      .update(`${String(id)}.${String(time)}.${body.toString()}`)
      .digest('base64');
    assert.equal(headers['webhook-signature'], `v1,${expected}`);
    assert.equal(id, HELD.id);
    assert.ok(Math.abs(Number(time) * 1000 - Date.now()) < 60_000);
    const sent = JSON.parse(body.toString()) as Readonly<Record<string, unknown>>;
    assert.equal(sent['type'], 'promotion.held');
    assert.equal(sent['title'], 'Promotion to prod.example/images and 1 more is held in promote');
    assert.equal(sent['reason'], HELD.reason);
  });

  it('computes the signature of the specification’s example', () => {
    const headers = webhookHeaders(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      '{"test": 2432232314}',
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      1_614_265_330_000,
    );
    assert.equal(headers['webhook-signature'], 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  });

  it('writes to a channel of Slack, with its markup escaped', async () => {
    await deliver({ kind: 'slack', name: 'channel', url: { env: 'SLACK' } });
    const { text } = JSON.parse(host.seen[0]?.body.toString() ?? '') as { text: string };
    assert.match(text, /^\*Promotion to prod\.example\/images and 1 more is held in promote\*\n/);
    assert.match(text, /PUT &lt;prod&gt; answered 500 &amp; more/);
    assert.match(text, /promoter retry, skip or abort 'promotion\/prod'/);
  });

  it('sets the status of the commit, where there is one', async () => {
    const target = { kind: 'github', name: 'gh', repository: 'owner/repo', token: { env: 'TOKEN' } } as const;
    const events = ['awaiting-approval', 'done', 'quarantined', 'failed', 'replication-stale'] as const;
    for (const event of events) await deliver({ ...target, baseUrl: host.origin }, { ...HELD, event });
    await deliver({ ...target, baseUrl: host.origin }, { ...HELD, commit: 'v1.2.3' });
    assert.deepEqual(
      host.seen.map(({ method, path }) => `${method} ${path}`),
      Array<string>(4).fill(`POST /repos/owner/repo/statuses/${COMMIT}`),
    );
    const bodies = host.seen.map(({ body }) => JSON.parse(body.toString()) as Readonly<Record<string, unknown>>);
    assert.deepEqual(
      bodies.map(({ state }) => state),
      ['pending', 'success', 'failure', 'error'],
    );
    assert.equal(bodies[0]?.['target_url'], HELD.link);
    assert.equal(host.seen[0]?.headers.authorization, 'token token-canary');
  });

  it('sends mail, each attempt with the same Message-ID', async () => {
    const smtp = await startSmtpHost();
    try {
      const addresses = { from: 'Promoter <promoter@example.test>', to: ['a@example.test', 'b@example.test'] };
      const target = { kind: 'email', name: 'mail', server: smtp.address, ...addresses } as const;
      await deliver(target);
      await deliver(target);
    } finally {
      await smtp.close();
    }
    const [first = '', second = ''] = smtp.mails;
    assert.match(first, /^Subject: Promotion to prod\.example\/images and 1 more is held in promote$/m);
    assert.match(first, /^To: a@example\.test, b@example\.test$/m);
    const idOf = (mail: string): string | undefined => /^Message-ID: (.+@example\.test>)$/m.exec(mail)?.[1];
    assert.ok(idOf(first));
    assert.equal(idOf(first), idOf(second));
  });

  const refusals: readonly (readonly [number, ErrorCode])[] = [
    [404, 'NotificationRefused'],
    [302, 'NotificationRefused'],
    [429, 'NotificationFailed'],
    [503, 'NotificationFailed'],
  ];
  for (const [answer, code] of refusals) {
    it(`takes ${answer} for ${code}, and says so without address or secret`, async () => {
      status = answer;
      const targets: readonly NotificationTarget[] = [
        { kind: 'slack', name: 'channel', url: { env: 'SLACK' } },
        { kind: 'webhook', name: 'hook', url: { env: 'SLACK' }, secret: { env: 'KEY' } },
        { kind: 'github', name: 'gh', repository: 'a/b', token: { env: 'TOKEN' }, baseUrl: host.origin },
      ];
      for (const target of targets) {
        await assert.rejects(deliver(target), (error) => {
          assert.ok(error instanceof PromoterError);
          assert.equal(error.code, code);
          assert.equal(isTransient(error.code), code === 'NotificationFailed');
          assert.ok(
            error.message.includes(`could not notify ${target.name} (${target.kind}): ${host.host} answered ${answer}`),
          );
          assert.doesNotMatch(
            `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`,
            /canary/,
          );
          return true;
        });
      }
    });
  }

  it('takes a receiver that is gone for one that may come back', async () => {
    await host.close();
    const targets: readonly NotificationTarget[] = [
      { kind: 'slack', name: 'channel', url: { env: 'SLACK' } },
      { kind: 'github', name: 'gh', repository: 'a/b', token: { env: 'TOKEN' }, baseUrl: host.origin },
      { kind: 'email', name: 'mail', server: `smtp://${host.host}`, from: 'a@b', to: ['c@d'] },
    ];
    for (const target of targets) {
      await assert.rejects(deliver(target), (error) => {
        assert.ok(error instanceof PromoterError);
        assert.equal(error.code, 'NotificationFailed', error.message);
        assert.doesNotMatch(error.message, /canary/);
        return true;
      });
    }
  });

  it('takes a mail server’s refusal for one for good', async () => {
    const smtp = await startSmtpHost('550 nobody of that name');
    const target = { kind: 'email', name: 'mail', server: smtp.address, from: 'a@b.test', to: ['c@d.test'] } as const;
    await assert.rejects(deliver(target), { code: 'NotificationRefused' });
    await smtp.close();
  });

  it('sends no secret without TLS over a network', async () => {
    const target = { kind: 'webhook', name: 'hook', url: 'http://receiver.example/in' } as const;
    await assert.rejects(deliver(target), { code: 'ConfigInvalid', message: /has to begin with https/ });
  });

  it('tells a target what it asked for, and of dry runs only if it did', () => {
    const target = { kind: 'webhook', url: 'https://a.example' } as const;
    const notifier = createNotifier(
      [
        { ...target, name: 'usual' },
        { ...target, name: 'dry', events: ['dry-run', 'held'] },
      ],
      createSecretReader({}),
    );
    assert.deepEqual(notifier.targetsFor('held'), ['usual', 'dry']);
    assert.deepEqual(notifier.targetsFor('dry-run'), ['dry']);
    assert.deepEqual(notifier.targetsFor('failed'), ['usual']);
  });

  it('says which secret is missing, and not what is in another', async () => {
    const target = { kind: 'slack', name: 'channel', url: { file: '/nowhere/url' } } as const;
    await assert.rejects(deliver(target), {
      code: 'ConfigInvalid',
      message: /the address: cannot read \/nowhere\/url/,
    });
    await assert.rejects(deliver({ ...target, url: { env: 'NOTHING' } }), { message: /NOTHING is empty/ });
  });
});
