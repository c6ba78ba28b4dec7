import assert from 'node:assert/strict';
import { notificationsSetting } from '../../src/configuration/notifications-section.ts';

const HOOK = { kind: 'webhook', name: 'hook', url: 'https://receiver.example/in' } as const;

/** What the schema says of a list of targets; nothing where it takes them. */
function problemsOf(targets: readonly unknown[]): string {
  return notificationsSetting.safeParse(targets).error?.message ?? '';
}

describe('the setting notifications', () => {
  it('takes a target of each kind', () => {
    const token = { env: 'TOKEN' };
    const server = 'smtps://mail.example:465';
    const targets = [
      { ...HOOK, secret: { file: '/run/secrets/hook' }, events: ['held'] },
      { kind: 'slack', name: 'slack', url: token },
      { kind: 'github', name: 'github', repository: 'owner/name', token },
      { kind: 'email', name: 'mail', server, username: 'me', password: token, from: 'a@b', to: ['c@d'] },
    ];
    assert.equal(problemsOf(targets), '');
  });

  const wrong: readonly (readonly [string, readonly unknown[], RegExp])[] = [
    ['a secret in the file itself', [{ ...HOOK, secret: 'hunter2' }], /is neither \{env: VARIABLE\} nor/],
    ['an address of Slack, which is one', [{ kind: 'slack', name: 's', url: 'https://hooks.slack.com/x' }], /neither/],
    ['a secret in a relative path', [{ ...HOOK, secret: { file: 'secrets/hook' } }], /absolute/],
    ['two targets of one name', [HOOK, HOOK], /two targets of one name/],
    ['an event that does not exist', [{ ...HOOK, events: ['helt'] }], /helt|Invalid option/],
    ['another way to send mail', [{ kind: 'email', name: 'm', server: 'http://x', from: 'a@b', to: ['c@d'] }], /smtp/],
  ];
  for (const [what, targets, message] of wrong) {
    it(`refuses ${what}`, () => assert.match(problemsOf(targets), message));
  }
});
