import { type Request, type Response, Router } from 'express'
import { type AdminSource, demandEditable, EditRefusal } from '../../stored-sources/admin-source'
import type { Protocol, Source } from '../../sources/config'
import { type CertificateState, certificateStates } from '../../stored-sources/provider-check'
import { MetadataError } from '../../saml/idp-metadata'
import { importMetadata } from '../../saml/import-metadata'
import { pemBlocks } from '../../sources/certificates'
import { addPage } from './add-page'
import { type AdminSetup, route } from './admin-context'
import { sendAdminPage } from './admin-layout'
import {
  configOf,
  configValues,
  controlsOf,
  differences,
  type FormValues,
  formValues,
  identifierControl,
  identifierFields,
  metadataControls,
  newValues,
  patchOf,
  typedSecrets,
  valueOf,
  withoutSecrets,
} from './form-data'
import { sortProblems } from './problem-messages'
import { sourceFormPage, type SourceFormView } from './source-form'
import { savedWords, showSource } from './source-routes'

type Shown = Omit<SourceFormView, 'base' | 'fields' | 'certificates' | 'errors'> &
  Partial<Pick<SourceFormView, 'errors'>>

/** The pages on which sources are added and edited. */
export function formRoutes(setup: AdminSetup): Router {
  const { editor } = setup.context
  const router = Router()

  router.get('/new', (req, res) => {
    const { protocol } = req.query
    if (!isProtocol(protocol)) {
      return sendAdminPage(req, res, { title: 'Add a source', body: addPage(req.baseUrl) }, setup.layout)
    }
    sendForm(setup, req, res, 200, { protocol, values: newValues(protocol, setup.fields) })
  })
  router.post(
    '/',
    route((req, res) => create(setup, req, res)),
  )
  router.get(
    '/:id/edit',
    route((req, res) => {
      const stored = editable(editor.get(req.params.id))
      const values = configValues(stored.config, setup.fields)
      const { errors, others } = sortProblems(stored.problems, stored.config.protocol)
      const { version, config } = stored
      sendForm(setup, req, res, 200, { protocol: config.protocol, values, stored, version, errors, others })
    }),
  )
  router.post(
    '/:id',
    route((req, res) => update(setup, req, res)),
  )
  return router
}

async function create(setup: AdminSetup, req: Request, res: Response): Promise<void> {
  const values = formValues(req.body)
  const protocol = valueOf(values, 'protocol')
  if (!isProtocol(protocol)) return res.redirect(303, `${req.baseUrl}/new`)
  const form: Shown = { protocol, values }
  if (valueOf(values, 'action') === 'read-metadata') return readMetadata(setup, req, res, form)
  await save(setup, req, res, form, () => setup.saving.create(configOf(values, protocol, setup.fields)))
}

async function update(setup: AdminSetup, req: Request<{ id: string }>, res: Response): Promise<void> {
  const { editor } = setup.context
  const stored = editable(editor.get(req.params.id))
  const values = formValues(req.body)
  const version = Number(valueOf(values, 'version'))
  const form: Shown = { protocol: stored.config.protocol, values, stored, version }
  if (valueOf(values, 'action') === 'read-metadata') return readMetadata(setup, req, res, form)
  await save(setup, req, res, form, () =>
    setup.saving.update(stored.id, patchOf(values, stored, setup.fields), version),
  )
}

type Save = () => ReturnType<AdminSetup['saving']['create']>

/** Saves and shows the source; or shows the form again, with what is wrong and everything that was typed. */
async function save(
  setup: AdminSetup,
  req: Request,
  res: Response,
  form: Shown,
  doSave: Save,
): Promise<void> {
  try {
    const { source, warnings } = await doSave()
    const page = `${req.baseUrl}/${encodeURIComponent(source.id)}`
    const saved = form.stored ? 'edited' : 'added'
    if (warnings.length === 0) return res.redirect(303, `${page}?saved=${saved}`)
    // Shown at once: an answer by redirect could not carry them.
    const status = form.stored ? 200 : 201
    await showSource(setup, req, res, source.id, { done: savedWords[saved], warnings, status })
  } catch (error) {
    if (!(error instanceof EditRefusal)) throw error
    refuse(setup, req, res, form, error)
  }
}

function refuse(setup: AdminSetup, req: Request, res: Response, form: Shown, error: EditRefusal): void {
  const { problems, current } = error.details
  if (error.reason === 'stale' && current) return showStale(setup, req, res, form, current)
  const told = problems ?? [{ option: error.reason === 'exists' ? 'id' : '', message: error.message }]
  sendForm(setup, req, res, error.status, { ...form, ...sortProblems(told, form.protocol) })
}

function showStale(setup: AdminSetup, req: Request, res: Response, form: Shown, current: AdminSource): void {
  const { fields } = setup
  const stored = configValues(current.config, fields)
  const identifiers = identifierFields(fields).map(({ path }) => identifierControl(path))
  const compared = [...controlsOf(form.protocol), ...identifiers, 'provision', 'sync']
  const names = compared.filter((name) => name !== 'id' && !metadataControls.some((one) => one === name))
  const version = current.version ?? 0
  const stale = { version, differences: differences(stored, withoutSecrets(form.values), names) }
  sendForm(setup, req, res, 409, { ...form, stored: current, version, stale })
}

/** Fills in what the metadata holds. Nothing is saved. */
async function readMetadata(setup: AdminSetup, req: Request, res: Response, form: Shown): Promise<void> {
  const { values } = form
  const [metadata, metadataUrl] = metadataControls.map((name) => valueOf(values, name))
  try {
    const imported = await importMetadata({ metadata, metadataUrl })
    if (!imported) throw new MetadataError('Paste the metadata, or give its address above.')
    const { entryPoint, idpIssuer, idpCert, logoutUrl = '', authnRequestBinding = '' } = imported.options
    const filled = new Map([
      ...values,
      ...metadataControls.map((name): [string, string[]] => [name, []]),
      ['saml.entryPoint', [entryPoint]] as const,
      ['saml.idpIssuer', [idpIssuer]] as const,
      ['saml.idpCert', [idpCert.join('\n')]] as const,
      ['saml.logoutUrl', [logoutUrl]] as const,
      ['saml.authnRequestBinding', [authnRequestBinding]] as const,
    ])
    const notice = 'The metadata was read and is filled in below. Nothing is saved yet.'
    sendForm(setup, req, res, 200, { ...form, values: filled, notice, warnings: imported.warnings })
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error
    const { option, message } = error
    sendForm(setup, req, res, 422, { ...form, errors: new Map([[option, [message]]]) })
  }
}

function sendForm(setup: AdminSetup, req: Request, res: Response, status: number, form: Shown): void {
  const { fields, layout } = setup
  const title = form.stored ? 'Edit source' : 'Add a source'
  const body = sourceFormPage({
    errors: new Map(),
    ...form,
    values: withoutSecrets(form.values),
    again: typedSecrets(form.values),
    base: req.baseUrl,
    fields,
    certificates: typedCertificates(form.values),
  })
  sendAdminPage(req, res, { status, title: status === 200 ? title : `Not saved: ${title}`, body }, layout)
}

/** Of the certificates as they were typed; none where they cannot be read. */
function typedCertificates(values: FormValues): CertificateState[] {
  const idpCert = pemBlocks(valueOf(values, 'saml.idpCert'))
  try {
    return certificateStates({ protocol: 'saml', saml: { idpCert } } as unknown as Source)
  } catch {
    return []
  }
}

function editable(source: AdminSource): AdminSource {
  demandEditable(source)
  return source
}

function isProtocol(value: unknown): value is Protocol {
  return value === 'saml' || value === 'oidc'
}
