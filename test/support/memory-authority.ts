import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { AsnConvert, AsnUtf8StringConverter, OctetString } from '@peculiar/asn1-schema';
import { Extension, GeneralName, SubjectAlternativeName, id_ce_subjectAltName } from '@peculiar/asn1-x509';
import { pem } from '@sigstore/core';
import type { Signer } from '../../src/signing/signer.ts';
import { issueCertificate } from '../../src/stack/sigstore/certificate.ts';

/** For how long a certificate counts. */
export interface Lifetime {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A certificate authority with a key of its own, which gives to anybody what is asked for. */
export interface MemoryAuthority {
  /** What a trust root says of it; no log of certificates is asked about what it issues. */
  readonly services: object;
  /** A signer with one certificate for this e-mail address, or for nobody. */
  readonly signer: (identity: string | undefined, lifetime: Lifetime) => Signer;
}

/** The issuer that its certificates say vouched for their holders. */
export const MEMORY_ISSUER = 'https://issuer.test';

const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
/** https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const FULCIO_ISSUER_V2 = '1.3.6.1.4.1.57264.1.8';
const DAYS: Lifetime = { notBefore: new Date('2020-01-01T00:00:00Z'), notAfter: new Date('2040-01-01T00:00:00Z') };

/** Sets up an authority whose own certificate counts for twenty years. */
export function createMemoryAuthority(): MemoryAuthority {
  const authority = { commonName: 'authority.test', privateKey: newKey() };
  const root = issueCertificate({ subject: authority, ...DAYS, use: { kind: 'authority' } });
  const certificates = [{ rawBytes: pem.toDER(root).toString('base64') }];
  return {
    services: {
      certificateAuthorities: [{ certChain: { certificates }, validFor: { start: DAYS.notBefore.toISOString() } }],
      ctlogs: [],
    },
    signer(identity, lifetime) {
      const subject = { commonName: '', privateKey: newKey() };
      const certificate = issueCertificate({
        subject,
        issuer: authority,
        ...lifetime,
        use: { kind: 'signer', purpose: CODE_SIGNING },
        claims: identity === undefined ? [] : claimsOf(identity),
      });
      return {
        sign: async (data) => ({
          signature: sign('sha256', data, subject.privateKey),
          key: { $case: 'x509Certificate', certificate },
        }),
        identity: async () => ({ kind: 'certificate', identity: identity ?? '', issuer: MEMORY_ISSUER }),
      };
    },
  };
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

function claimsOf(identity: string): readonly Extension[] {
  const name = new SubjectAlternativeName([new GeneralName({ rfc822Name: identity })]);
  const issuer = AsnUtf8StringConverter.toASN(MEMORY_ISSUER).toBER();
  return [
    new Extension({
      extnID: id_ce_subjectAltName,
      critical: true,
      extnValue: new OctetString(AsnConvert.serialize(name)),
    }),
    new Extension({ extnID: FULCIO_ISSUER_V2, critical: false, extnValue: new OctetString(issuer) }),
  ];
}
