import { z } from 'zod';
import { section, setting } from './setting.ts';

const MIRRORS =
  'https://raw.githubusercontent.com/kubernetes/k8s.io/main/registry.k8s.io/manifests/k8s-staging-kubernetes/promoter-manifest.yaml';

/** What `promoter sigcheck` looks at where no manifests say it; kpromo has these addresses in its code. */
export const productionSection = section('What `promoter sigcheck` looks at where it is given no manifests.', {
  registry: setting(z.string(), {
    description: 'the registry whose images are checked',
    variable: 'PROMOTER_PRODUCTION_REGISTRY',
    default: 'us-central1-docker.pkg.dev/k8s-artifacts-prod/images',
  }),
  mirrors: setting(z.string(), {
    description:
      'a promotion manifest, in a file or at an HTTPS address: the hosts of its destinations are the mirrors',
    variable: 'PROMOTER_PRODUCTION_MIRRORS',
    default: MIRRORS,
    path: true,
  }),
});
