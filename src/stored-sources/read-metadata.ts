import { MetadataError, SeveralProvidersError } from '../saml/idp-metadata'
import { importMetadata } from '../saml/import-metadata'
import type { Proxy } from '../outgoing/proxy'
import { type Trust, trusting } from '../outgoing/trust'
import { isObject, mergePatch } from '../sources/merge-patch'
import { protocolOptions } from '../sources/option-places'
import type { SourceProblem } from '../sources/option-problems'
import { authority } from '../sources/options'

type Json = Record<string, unknown>

/** Options of a source whose metadata is replaced by the options that it supplies. */
export interface ReadOptions {
  options: unknown
  /** What an admin should know about the metadata. */
  warnings: string[]
  /** Why the metadata cannot be used. */
  problems: SourceProblem[]
  /** The required options that are missing for that reason. */
  missing: string[]
}

const supplied = Object.entries(protocolOptions.saml).filter(([, { fromMetadata }]) => fromMetadata)
const required = supplied.filter(([, option]) => option.required).map(([name]) => name)

/** Removes, as a merge patch, every option that metadata may supply. */
export const withoutSupplied: Json = Object.fromEntries(supplied.map(([name]) => [name, null]))

interface Reading {
  /** Used where the metadata is silent. Default: nothing. */
  base?: Json
  /** The stored source, with the private authority to trust where the options name none. */
  stored?: unknown
  proxy?: Proxy
}

/**
 * Reads `saml.metadata`, or the document at `saml.metadataUrl`; `saml.idpIssuer` chooses among several identity
 * providers, and what is wrong with a missing choice has `choices`.
 */
export async function readMetadata(
  options: unknown,
  { base = {}, stored = {}, proxy }: Reading = {},
): Promise<ReadOptions> {
  const saml = isObject(options) ? options['saml'] : undefined
  const read = { warnings: [], problems: [], missing: [] }
  if (!isObject(options) || !isObject(saml)) return { ...read, options }
  const { metadata, metadataUrl, ...rest } = saml
  const { idpIssuer } = rest
  try {
    const trust = trustedBy(mergePatch(stored, { saml: rest }))
    const imported = await importMetadata({ metadata, metadataUrl, idpIssuer }, { proxy, trust })
    if (!imported) return { ...read, options: { ...options, saml: rest } }
    const values: Json = { ...imported.options }
    // A client may send a source back as it was, with new metadata added. The new metadata wins.
    const fresh = Object.fromEntries(required.map((name) => [name, values[name]]))
    const complete = { ...options, saml: { ...base, ...values, ...rest, ...fresh } }
    return { ...read, options: complete, warnings: imported.warnings }
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error
    const choices = error instanceof SeveralProvidersError ? { choices: error.choices } : {}
    const problems = [{ option: error.option, message: error.message, ...choices }]
    const missing = required.map((name) => `saml.${name}`)
    return { ...read, options: { ...options, saml: rest }, problems, missing }
  }
}

/** The private authority of a source. One that is no PEM is a problem of its own. */
function trustedBy(config: unknown): Trust {
  const { saml } = config as { saml?: { ca?: unknown } }
  return trusting(authority.safeParse(saml?.ca).data)
}
