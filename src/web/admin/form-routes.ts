import { Router } from 'express'
import { demandEditable, EditRefusal, type Saved } from '../../stored-sources/admin-source'
import { pemBlocks } from '../../sources/certificates'
import type { Protocol, Source } from '../../sources/config'
import { type CertificateState, certificateStates } from '../../stored-sources/certificate-states'
import { route, type Visit } from './admin-context'
import { sendAdminPage } from './admin-layout'
import { metadataControls } from './controls'
import { configOf, configValues, differences, type FormReading, newValues, patchOf } from './form-data'
import { type FormValues, formValues, typedSecrets, valueOf, withoutSecrets } from './form-values'
import { sortProblems } from './problem-messages'
import { addPage, sourceFormPage, type SourceFormView } from './source-form'
import { savedMessages, showSource } from './source-routes'

/** A form before it is sent. */
type Form = Omit<SourceFormView, 'base' | 'fields' | 'certificates' | 'errors' | 'again' | 'isFenced'> &
  Partial<Pick<SourceFormView, 'errors'>>

export function formRoutes(): Router {
  const router = Router()
  router.get('/new', route(showNew))
  router.post('/', route(create))
  router.get('/:id/edit', route(showEdit))
  router.post('/:id', route(update))
  return router
}

function showNew(visit: Visit): void {
  const { setup, req } = visit
  const { protocol } = req.query
  if (!isProtocol(protocol)) {
    return sendAdminPage(visit, { title: 'Add a source', body: addPage(req.baseUrl) })
  }
  sendForm(visit, { protocol, values: newValues(protocol, setup.fields) })
}

async function showEdit(visit: Visit): Promise<void> {
  const { setup, req } = visit
  const stored = setup.editor.get(req.params.id)
  demandEditable(stored)
  const { version, config, problems } = stored
  const { protocol } = config
  const values = configValues(config, setup.fields)
  const { domains = [], enforced } = config
  const unseen = domains.length > 0 && !enforced ? await setup.editor.unseenUsers(stored.id) : undefined
  sendForm(visit, { protocol, values, stored, version, unseen, ...sortProblems(problems, protocol) })
}

async function create(visit: Visit): Promise<void> {
  const { setup, req, res } = visit
  const values = formValues(req.body)
  const protocol = valueOf(values, 'protocol')
  if (!isProtocol(protocol)) return res.redirect(303, `${req.baseUrl}/new`)
  const form: Form = { protocol, values }
  if (asksForMetadata(values)) return fillInMetadata(visit, form)
  await save(visit, form, () => setup.editor.create(configOf(values, protocol, readingOf(visit))))
}

async function update(visit: Visit): Promise<void> {
  const { setup, req } = visit
  const stored = setup.editor.get(req.params.id)
  demandEditable(stored)
  const values = formValues(req.body)
  const version = Number(valueOf(values, 'version'))
  const form: Form = { protocol: stored.config.protocol, values, stored, version }
  if (asksForMetadata(values)) return fillInMetadata(visit, form)
  await save(visit, form, () =>
    setup.editor.update(stored.id, patchOf(values, stored, readingOf(visit)), version),
  )
}

function readingOf({ setup: { fields, editor } }: Visit): FormReading {
  return { fields, isFenced: editor.organization !== undefined }
}

function asksForMetadata(values: FormValues): boolean {
  return valueOf(values, 'action') === 'read-metadata'
}

/** Saves and shows the source. If that is refused, shows the form again, with the problems and what was typed. */
async function save(visit: Visit, form: Form, doSave: () => Promise<Saved>): Promise<void> {
  const { req, res } = visit
  try {
    const { source, warnings } = await doSave()
    const page = `${req.baseUrl}/${encodeURIComponent(source.id)}`
    const saved = form.stored ? 'edited' : 'added'
    if (warnings.length === 0) return res.redirect(303, `${page}?saved=${saved}`)
    // Shown at once, since a redirect could not carry them.
    const status = form.stored ? 200 : 201
    await showSource(visit, source.id, { done: savedMessages[saved], warnings, status })
  } catch (error) {
    if (!(error instanceof EditRefusal)) throw error
    refuse(visit, form, error)
  }
}

function refuse(visit: Visit, form: Form, error: EditRefusal): void {
  const { problems, current } = error.details
  if (error.reason === 'stale' && current) {
    const { version, config } = current
    const stale = differences(withoutSecrets(form.values), config, readingOf(visit))
    return sendForm(visit, { ...form, stored: current, version, stale }, error.status)
  }
  const all = problems ?? [{ option: error.reason === 'exists' ? 'id' : '', message: error.message }]
  sendForm(visit, { ...form, ...sortProblems(all, form.protocol) }, error.status)
}

/** Sends the form again with the values that its metadata supplies. Saves nothing. */
async function fillInMetadata(visit: Visit, form: Form): Promise<void> {
  const { values } = form
  const metadata = valueOf(values, 'saml.metadata')
  const metadataUrl = valueOf(values, 'saml.metadataUrl')
  const idpIssuer = valueOf(values, 'saml.idpIssuer')
  const ca = valueOf(values, 'saml.ca')
  const isGiven = (metadata + metadataUrl).trim() !== ''
  const read = await visit.setup.editor.readMetadata({ metadata, metadataUrl, idpIssuer, ca })
  const problems = isGiven ? read.problems : [nothingToRead]
  if (problems.length > 0) return sendForm(visit, { ...form, ...sortProblems(problems, 'saml') }, 422)
  const supplied = Object.entries((read.options as { saml: object }).saml).filter(([name]) => name !== 'ca')
  const filled = supplied.map(([name, value]): [string, string[]] => [
    `saml.${name}`,
    [[value ?? ''].flat().join('\n')],
  ])
  const cleared = Object.keys(metadataControls).map((name): [string, string[]] => [name, []])
  sendForm(visit, {
    ...form,
    values: new Map([...values, ...cleared, ...filled]),
    notice: 'The form is filled in from the metadata. Nothing is saved yet.',
    warnings: read.warnings,
  })
}

const nothingToRead = { option: 'saml.metadata', message: 'Paste the metadata, or enter its address above.' }

/** Sends the form of a source, without the secrets that were typed. */
function sendForm(visit: Visit, form: Form, status = 200): void {
  const title = form.stored ? 'Edit source' : 'Add a source'
  const body = sourceFormPage({
    errors: new Map(),
    ...form,
    values: withoutSecrets(form.values),
    again: typedSecrets(form.values),
    base: visit.req.baseUrl,
    ...readingOf(visit),
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

function isProtocol(value: unknown): value is Protocol {
  return value === 'saml' || value === 'oidc'
}
