import type { Desired } from '../model/model.ts';
import type { Report } from './draft.ts';

/** A certificate that is due for renewal from its first day on would be made anew by every plan. */
export function checkCertificate(certificate: Desired, report: Report): void {
  const [validFor, renewBefore] = [certificate.values['validFor'], certificate.values['renewBefore']];
  if (typeof validFor !== 'number' || typeof renewBefore !== 'number' || renewBefore < validFor) return;
  report(
    certificate,
    'renewBefore',
    `\`renewBefore\` is ${renewBefore}d, and the certificate is valid for ${validFor}d: each plan would renew it.`,
    validFor > 1 ? `Set \`${validFor - 1}d\` or less, or increase \`validFor\`.` : 'Leave it out, or increase `validFor`.',
  );
}
