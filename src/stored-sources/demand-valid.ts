import type { Source, SourceConfig } from '../sources/config'
import type { SourceProblem } from '../sources/option-problems'
import type { Validate } from '../sources/registry'
import { EditRefusal } from './admin-source'
import type { Fence } from './fence'
import { refusedAddresses } from './provider-addresses'
import type { ReadOptions } from './read-metadata'

export interface Edit {
  config: SourceConfig
  /** The metadata that was read for it. */
  read: ReadOptions
  /** Problems that validating can't find. */
  problems: SourceProblem[]
  /** The source as it is stored; undefined for a new one. */
  before?: SourceConfig
}

interface Rules {
  validate: Validate
  /** Set for an admin of one organization. */
  fence?: Fence
}

/** The valid source. Throws EditRefusal `invalid` with every problem of an edit. */
export async function demandValid(edit: Edit, { validate, fence }: Rules): Promise<Source> {
  const { config, read, before } = edit
  const { source, problems = [] } = validate(config)
  const own = [...read.problems, ...edit.problems]
  const first = [...own, ...unexplained(fence?.teamProblems(before, config), own)]
  const all = [
    ...first,
    ...unexplained(problems, first).filter(({ option }) => !read.missing.includes(option)),
    ...(source ? await addressProblems(source, { before, fence }) : []),
  ]
  if (all.length > 0 || !source) throw invalid(all)
  return source
}

async function addressProblems(
  source: Source,
  { before, fence }: Pick<Edit, 'before'> & Pick<Rules, 'fence'>,
): Promise<SourceProblem[]> {
  const fenced = (await fence?.addressProblems(before, source)) ?? []
  const others = await refusedAddresses(source)
  return [...fenced, ...unexplained(others, fenced)]
}

/** Those about options that have no problem yet. */
function unexplained(problems: SourceProblem[] = [], first: readonly SourceProblem[]): SourceProblem[] {
  return problems.filter(({ option }) => !first.some((problem) => problem.option === option))
}

export function invalid(problems: SourceProblem[]): EditRefusal {
  const lines = problems.map(({ option, message }) => `${option}: ${message}`)
  const message = ['The source cannot be saved:', ...lines].join('\n- ')
  return new EditRefusal('invalid', message, { problems })
}
