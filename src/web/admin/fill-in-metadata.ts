import { MetadataError } from '../../saml/idp-metadata'
import { importMetadata } from '../../saml/import-metadata'
import type { Visit } from './admin-context'
import { formOptions, metadataControls } from './controls'
import { valueOf } from './form-values'
import { type Form, sendForm } from './send-form'

/** Sends the form again with the values that its metadata supplies. Saves nothing. */
export async function fillInMetadata(visit: Visit, form: Form): Promise<void> {
  const { values } = form
  const metadata = valueOf(values, 'saml.metadata')
  const metadataUrl = valueOf(values, 'saml.metadataUrl')
  try {
    const imported = await importMetadata({ metadata, metadataUrl })
    if (!imported) throw new MetadataError('Paste the metadata, or give its address above.')
    const supplied = new Map(Object.entries(imported.options).map(([name, value]) => [`saml.${name}`, value]))
    const filled = [...formOptions('saml')]
      .filter(([, { fromMetadata }]) => fromMetadata)
      .map(([name]): [string, string[]] => [name, [[supplied.get(name) ?? ''].flat().join('\n')]])
    const cleared = Object.keys(metadataControls).map((name): [string, string[]] => [name, []])
    sendForm(visit, {
      ...form,
      values: new Map([...values, ...cleared, ...filled]),
      notice: 'The metadata was read and is filled in below. Nothing is saved yet.',
      warnings: imported.warnings,
    })
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error
    const { option, message } = error
    sendForm(visit, { ...form, errors: new Map([[option, [message]]]) }, 422)
  }
}
