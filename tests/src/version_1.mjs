// Converts the redemption objects of a stopped edge to the first version of their tables, as an
// earlier release would have left them: for each bucket a table `r` with an index beside its key, a
// table `s`, and a cursor.
//
//   node version_1.mjs FOLDER-WITH-THE-OBJECTS

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const [folder] = process.argv.slice(2);
let converted = 0;
for (const name of readdirSync(folder).filter((name) => name.endsWith('.sqlite'))) {
  const db = new DatabaseSync(join(folder, name));
  if (db.prepare("SELECT 1 FROM sqlite_master WHERE name = 'live'").get()) {
    db.exec('BEGIN');
    db.exec('CREATE TABLE buckets (bucket INTEGER PRIMARY KEY, sent INTEGER NOT NULL, resent INTEGER NOT NULL)');
    for (const { bucket } of db.prepare('SELECT bucket FROM live').all()) {
      db.exec(`
        CREATE TABLE r${bucket} (n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, call BLOB NOT NULL,
          token BLOB NOT NULL, at INTEGER NOT NULL, facts BLOB NOT NULL, rejected INTEGER NOT NULL DEFAULT 0);
        CREATE TABLE s${bucket} (id BLOB PRIMARY KEY, stepped INTEGER NOT NULL, answer BLOB) WITHOUT ROWID;
        INSERT INTO r${bucket} (id, call, token, at, facts, rejected)
          SELECT id, call, token, at, facts, rejected FROM attempts_${bucket} WHERE n > 0 ORDER BY n;
        INSERT INTO s${bucket} SELECT id, stepped, answer FROM attempts_${bucket} WHERE stepped OR answer IS NOT NULL;
        INSERT INTO buckets SELECT ${bucket}, COUNT(*), 0 FROM attempts_${bucket}
          WHERE n > 0 AND n <= (SELECT n FROM sent);
        DROP TABLE attempts_${bucket};
      `);
    }
    // Also where there is no bucket: an object may have only a price.
    db.exec("UPDATE meta SET value = 1 WHERE name = 'version'; DROP TABLE live; DROP TABLE sent; COMMIT");
    converted += 1;
  }
  db.close();
}
console.log(converted);
