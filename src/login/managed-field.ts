/** A field that sources sync, so the user should not edit it in the app. */
export interface ManagedField {
  path: string
  /** Ids of the sources that sync it; in the field's order of authority, if it has one. */
  sources: string[]
  /** The source that decides, if the field has an order of authority; absent where several sources decide alike. */
  owner?: string
}
