import type { Facts, OidcFacts, OidcTerms, SamlFacts, SamlTerms } from './facts'
import type { GuideField, UsualField } from './fields'

/** How to set sources up in one product, in the product's words. Plain text throughout. */
export interface ProductGuide {
  id: string
  name: string
  /** Where the product usually has each standard field. */
  usualSources: UsualSources
  saml: SamlTerms & { steps: readonly GuideStep<SamlFacts>[] }
  oidc: OidcTerms & { steps: readonly GuideStep<OidcFacts>[] }
}

type UsualSources = Partial<Record<UsualField, string>>

/** A step before a source's facts are filled in. */
export interface GuideStep<F extends Facts> {
  title: string
  /** A list is joined by spaces. */
  text: Phrase<F> | readonly Phrase<F>[]
  /** Ends the text of a step that several guides share. */
  then?: Phrase<F>
  /** What to enter, under the product's names: the name of a fact, or a text. */
  values?: Record<string, Name<F, 'values'> | OtherText<F>>
  /** The fields to set up. If the source has none of them, the step is left out. */
  fields?: FieldTable<F>
  /** Shows the step only if the source meets this condition. */
  when?: Name<F, 'conditions'>
  /** Shows the step only if the source doesn't meet this condition. */
  unless?: Name<F, 'conditions'>
}

/** A part of a text: the words, a fact, or words that depend on a condition. */
type Phrase<F extends Facts> = string | { fact: Name<F, 'values'> } | OtherText<F>

type OtherText<F extends Facts> = { when?: Name<F, 'conditions'>; text: string; otherwise?: string }

/** Which fields to set up, and the product's words for a field's attribute name and for its source. */
type FieldTable<F extends Facts> = { of: Name<F, 'fields'>; name: string; source?: string }

type Name<F extends Facts, Kind extends keyof Facts> = keyof F[Kind] & string

/** A step with a source's facts. */
export interface SetupStep {
  title: string
  text: string
  /** What to enter, under the product's names. */
  values: { name: string; value: string }[]
}

/** Fills the steps of a guide with the facts of a source. */
export function fillSteps<F extends Facts>(
  steps: readonly GuideStep<F>[],
  facts: F,
  usualSources: UsualSources,
): SetupStep[] {
  return steps.filter((step) => isShown(step, facts)).map((step) => fillStep(step, facts, usualSources))
}

function isShown<F extends Facts>({ when, unless, fields }: GuideStep<F>, facts: F): boolean {
  if ((when && !facts.conditions[when]) || (unless && facts.conditions[unless])) return false
  return !fields || facts.fields[fields.of]!.rows.length > 0
}

function fillStep<F extends Facts>(step: GuideStep<F>, facts: F, usualSources: UsualSources): SetupStep {
  const { title, text, then = '', values = {}, fields: table } = step
  const list = table && facts.fields[table.of]
  const parts = [text, then].flat().map((phrase) => wordsOf(phrase, facts))
  return {
    title,
    text: [...parts, list?.request].filter(Boolean).join(' '),
    values: [
      ...Object.entries(values).flatMap(([name, value]) =>
        entry(name, wordsOf(typeof value === 'string' ? { fact: value } : value, facts)),
      ),
      ...(list ? list.rows.flatMap((field) => fieldEntries(field, table, usualSources)) : []),
    ],
  }
}

function wordsOf<F extends Facts>(phrase: Phrase<F>, { values, conditions }: F): string | undefined {
  if (typeof phrase === 'string') return phrase
  if ('fact' in phrase) return values[phrase.fact]
  return !phrase.when || conditions[phrase.when] ? phrase.text : phrase.otherwise
}

function fieldEntries<F extends Facts>(
  { label, attribute, usual }: GuideField,
  { name, source }: FieldTable<F>,
  usualSources: UsualSources,
): SetupStep['values'] {
  const usualSource = source && usual && usualSources[usual]
  return [...entry(`${label}: ${name}`, attribute), ...entry(`${label}: ${source}`, usualSource)]
}

function entry(name: string, value: string | undefined): SetupStep['values'] {
  return value ? [{ name, value }] : []
}
