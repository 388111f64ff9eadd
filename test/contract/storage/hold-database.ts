import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';

/** A process of its own that holds a data directory until it is killed. */
const steps = [['CREATE TABLE items (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT']];
const database = await openSqlDatabase(process.argv[2] ?? '', [{ name: 'test', steps }]);
await database.write([{ sql: 'INSERT INTO items (text) VALUES (?)', params: ['held'] }]);
console.log('held');
setInterval(() => undefined, 1000);
