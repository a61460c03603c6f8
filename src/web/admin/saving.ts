import type { JitContext } from '../../passport/context'
import type { Field } from '../../fields/catalog'
import { EditRefusal, type Saved } from '../../stored-sources/admin-source'
import { mergePatch } from '../../stored-sources/merge-patch'
import { checkProvider, refusedAddresses } from '../../stored-sources/provider-check'
import { MetadataError } from '../../saml/idp-metadata'
import { importMetadata } from '../../saml/import-metadata'
import { type SourceProblem, validateSource } from '../../sources/validate'

interface Setup {
  context: JitContext
  fields: readonly Field[]
}

type Json = Record<string, unknown>

/** Addresses of the admin area itself, where no source's page could be. */
const reservedIds = ['new', 'api', 'assets']

/**
 * Adds and edits sources for pages and API alike, with metadata in place of what it holds, and with a look at
 * the provider. Rejects as SourceEditor does.
 */
export class Saving {
  readonly #setup: Setup

  constructor(setup: Setup) {
    this.#setup = setup
  }

  async create(given: unknown): Promise<Saved> {
    const { options, warnings } = await this.#withMetadata(given, {}).catch((error: unknown) => {
      throw this.#withOtherProblems(error, given)
    })
    await this.#checkAddresses(options)
    const { id } = options as { id?: unknown }
    if (typeof id === 'string' && reservedIds.includes(id)) {
      throw refusal([{ option: 'id', message: 'this id is an address of the admin area; choose another' }])
    }
    return this.#checked(await this.#setup.context.editor.create(options), warnings)
  }

  async update(id: string, given: unknown, version: number): Promise<Saved> {
    const { config } = await this.#setup.context.editor.edited(id, version)
    // What the new metadata does not have must not stay from the old.
    const unsaid = { logoutUrl: null, authnRequestBinding: null }
    const { options, warnings } = await this.#withMetadata(given, unsaid)
    await this.#checkAddresses(mergePatch(config, options))
    return this.#checked(await this.#setup.context.editor.update(id, options, version), warnings)
  }

  async #withMetadata(given: unknown, unsaid: Json): Promise<{ options: unknown; warnings: string[] }> {
    const saml = isObject(given) ? given['saml'] : undefined
    if (!isObject(given) || !isObject(saml)) return { options: given, warnings: [] }
    const { metadata, metadataUrl, ...rest } = saml
    const imported = await importMetadata({ metadata, metadataUrl }).catch((error: unknown) => {
      if (!(error instanceof MetadataError)) throw error
      throw refusal([{ option: error.option, message: error.message }])
    })
    if (!imported) return { options: { ...given, saml: rest }, warnings: [] }
    // What was read with a source may come back with its new metadata, and must not take its place.
    const { entryPoint, idpIssuer, idpCert, ...others } = imported.options
    return {
      options: { ...given, saml: { ...unsaid, ...others, ...rest, entryPoint, idpIssuer, idpCert } },
      warnings: imported.warnings,
    }
  }

  /** Beside the metadata's problem all that is wrong otherwise, so that it can be mended at once. */
  #withOtherProblems(error: unknown, given: unknown): unknown {
    if (!(error instanceof EditRefusal)) return error
    const { saml, ...config } = given as { saml: Json }
    const { metadata: _metadata, metadataUrl: _metadataUrl, ...rest } = saml
    const filled = ['saml.entryPoint', 'saml.idpIssuer', 'saml.idpCert']
    const others = this.#problemsOf({ ...config, saml: rest }).filter(
      ({ option }) => !filled.includes(option),
    )
    return refusal([...(error.details.problems ?? []), ...others])
  }

  #problemsOf(config: unknown): SourceProblem[] {
    return validateSource(config, this.#setup.fields, this.#setup.context.baseUrl).problems ?? []
  }

  /** Of what is wrong otherwise the editor tells. */
  async #checkAddresses(config: unknown): Promise<void> {
    const { source } = validateSource(config, this.#setup.fields, this.#setup.context.baseUrl)
    const problems = source ? await refusedAddresses(source) : []
    if (problems.length > 0) throw refusal(problems)
  }

  async #checked(saved: Saved, warnings: string[]): Promise<Saved> {
    const found = await checkProvider(this.#setup.context.anySource(saved.source.id))
    return { ...saved, warnings: [...new Set([...warnings, ...saved.warnings, ...found])] }
  }
}

function refusal(problems: SourceProblem[]): EditRefusal {
  return new EditRefusal('invalid', 'The source cannot be saved.', { problems })
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
