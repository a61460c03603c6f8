import { type CertificateState, certificateStates } from '../../stored-sources/certificate-states'
import { pemBlocks } from '../../sources/certificates'
import type { Source } from '../../sources/config'
import type { Visit } from './admin-context'
import { sendAdminPage } from './admin-layout'
import { type FormValues, typedSecrets, valueOf, withoutSecrets } from './form-values'
import { sourceFormPage, type SourceFormView } from './source-form'

/** A form before it is sent. */
export type Form = Omit<SourceFormView, 'base' | 'fields' | 'certificates' | 'errors' | 'again'> &
  Partial<Pick<SourceFormView, 'errors'>>

/** Sends the form of a source, without the secrets that were typed. */
export function sendForm(visit: Visit, form: Form, status = 200): void {
  const title = form.stored ? 'Edit source' : 'Add a source'
  const body = sourceFormPage({
    errors: new Map(),
    ...form,
    values: withoutSecrets(form.values),
    again: typedSecrets(form.values),
    base: visit.req.baseUrl,
    fields: visit.setup.fields,
    certificates: typedCertificates(form.values),
  })
  sendAdminPage(visit, { status, title: status === 200 ? title : `Not saved: ${title}`, body })
}

/** The state of the certificates in the form; none if they cannot be read. */
function typedCertificates(values: FormValues): CertificateState[] {
  const idpCert = pemBlocks(valueOf(values, 'saml.idpCert'))
  try {
    return certificateStates({ protocol: 'saml', saml: { idpCert } } as unknown as Source)
  } catch {
    return []
  }
}
