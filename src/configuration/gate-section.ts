import { z } from 'zod';
import { duration } from '../duration.ts';
import { APPROVAL_RULES } from '../gate/approval-rule.ts';
import { freezeProblem } from '../gate/freeze-calendar.ts';
import { section, setting } from './setting.ts';

const freezeWindow = z
  .strictObject({
    from: z.string().describe('a date, with a time or without, or a weekday with a time such as `Fri 16:00`'),
    to: z.string().describe('the same, when it is over'),
    timeZone: z.exactOptional(z.string()).describe('an IANA name; UTC unless given'),
    reason: z.exactOptional(z.string().max(200)).describe('what operators are told'),
  })
  .superRefine((window, context) => {
    const message = freezeProblem(window);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** Times in which nothing is promoted. */
export const freezeWindows = z.array(freezeWindow).max(50);

/** What holds up every run between Validate and Promote, whatever it asks for itself. */
export const approvalSection = section('Who has to let a run promote, whatever the run asks for itself.', {
  rule: setting(z.enum(APPROVAL_RULES, { error: `is none of ${APPROVAL_RULES.join(', ')}` }), {
    description:
      '`required`: the Update `approve`; `github-review`: an approving review of the pull request of the commit; `signed-commit`: a verified signature of the commit',
    variable: 'PROMOTER_APPROVAL',
    default: 'none',
  }),
  timeout: setting(duration, {
    description: 'how long a run waits for it, such as `24 hours`',
    variable: 'PROMOTER_APPROVAL_TIMEOUT',
    default: '24 hours',
  }),
  repository: setting(z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is not owner/repository'), {
    description: '`owner/repository` on GitHub whose commits and reviews count; the workers read `GITHUB_TOKEN`',
    variable: 'PROMOTER_APPROVAL_REPOSITORY',
    otherwise: 'none',
  }),
  allowedSigners: setting(z.string().min(1, 'is empty'), {
    description:
      'a file of the workers with those whose SSH signatures of commits count, as `gpg.ssh.allowedSignersFile` of git names it; with it `signed-commit` is checked by git and not by GitHub',
    variable: 'PROMOTER_APPROVAL_ALLOWED_SIGNERS',
    otherwise: 'GitHub is asked',
  }),
});

/** Times in which no run promotes. */
export const freezeSetting = setting(freezeWindows, {
  description: 'times in which nothing is promoted: dates, or every week from one weekday and time to another',
  otherwise: 'none',
});
