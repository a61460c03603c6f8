import { CastRefusal } from '../fields/cast'
import { castOrganization, type OrganizationPath, organizationText } from '../fields/organization'
import type { Source } from './config'
import type { Validate } from './registry'

/**
 * A check of sources that also casts their organization to the path of the user model. A valid source has it in the form
 * in which organizations are compared.
 */
export function withOrganization(validate: Validate, path: OrganizationPath | undefined): Validate {
  if (!path) return validate
  return (config) => {
    const validated = validate(config)
    const { organization } = (config ?? {}) as { organization?: unknown }
    if (typeof organization !== 'string' || organization === '') return validated
    try {
      const canonical = canonicalOrganization(organization, path)
      const { source } = validated
      return source ? { source: Object.freeze<Source>({ ...source, organization: canonical }) } : validated
    } catch (error) {
      if (!(error instanceof CastRefusal)) throw error
      const problem = { option: 'organization', message: error.message }
      return { problems: [...(validated.problems ?? []), problem] }
    }
  }
}

/** Whether a source belongs to an organization; undefined stands for none. */
export function belongsTo(
  organization: string | undefined,
  path: OrganizationPath | undefined,
): (source: Source) => boolean {
  const wanted = organization === undefined ? undefined : comparableOrganization(organization, path)
  return (source) => source.organization === wanted
}

/** An organization as valid sources have it. Text that doesn't fit the path stays as it is: no valid source has it. */
export function comparableOrganization(organization: string, path: OrganizationPath | undefined): string {
  try {
    return canonicalOrganization(organization, path)
  } catch (error) {
    if (!(error instanceof CastRefusal)) throw error
    return organization
  }
}

function canonicalOrganization(organization: string, path: OrganizationPath | undefined): string {
  return path ? organizationText(castOrganization(path, organization)) : organization
}
