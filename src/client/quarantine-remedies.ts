/** What to do about edges that were kept back, by reason; error codes have their own page in the documentation. */
const REMEDIES: Readonly<Record<string, string>> = {
  overlap: 'Correct the manifests: only one digest can be under a tag of one destination.',
  lost: 'Push the digest to the staging registry again, or remove the entry from the manifest.',
  'tag-move': 'Use a new tag: tags in production do not move.',
  'provenance-absent': 'Build the image with provenance, or change the provenance policy.',
  'provenance-rejected': 'Build the image as the provenance policy demands, or change the policy.',
  'signature-refused': 'Sign the staging image as somebody whom the policy accepts, or change whom it accepts.',
  withheld: 'Nothing, if whoever kept it back was right.',
  vulnerable: 'Promote an image in which the vulnerabilities are fixed, or raise the threshold.',
};

/** What an operator can do about an edge that was kept back for a reason. */
export function remedyOf(reason: string): string {
  return REMEDIES[reason] ?? 'Mend what the message names, at the destination or the source.';
}
