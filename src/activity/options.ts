export interface ActivityOptions {
  /** How many days an entry is kept. Default: 90. */
  keepDays?: number
  /** Whether the values of changed fields are kept, beside their names. Default: false. */
  values?: boolean
}
