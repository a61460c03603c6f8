/** Finds or starts a database server, in a process that is not measured. Prints the result. */
import { findMongo } from 'dev-mongo'

const exit = (): never => process.exit()
process.once('SIGTERM', exit)
process.stdin.resume().on('end', exit)
void findMongo().then(({ uri, engine }) => console.log(`FOUND=${JSON.stringify({ uri, engine })}`))
