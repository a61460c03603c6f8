import type { SamlLimits } from './limits'
import type { ScanLimits } from './xml/scan-limits'

/** Bounds that no app has a reason to change. */
const fixedLimits = {
  attributesPerElement: 32,
  prefixes: 20,
  declarations: 40,
  sections: 200,
  names: 100,
  escapes: 20_000,
}

/** The limits of the scan. */
export function scanLimits({ elements, attributes, depth }: Readonly<SamlLimits>): ScanLimits {
  return { elements, attributes, depth, ...fixedLimits }
}
