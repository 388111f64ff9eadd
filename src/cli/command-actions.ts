/** What an action takes (the first words are its name), and what it does: a list for `--help`. */
export type CommandActions = readonly (readonly [usage: string, help: string])[];

export const backupActionList: CommandActions = [
  ['status [SET]', 'how each replica set stands: protected until when, lag, progress of the initial sync'],
  ['plan SET', 'before starting: size, expected time against the oplog window, space'],
  ['start SET', 'begins, goes on after a stop, undoes a terminate'],
  ['stop SET', 'reads no more; snapshots stay'],
  ['terminate SET', 'deletes everything of the set after 72 hours'],
  ['resync SET', 'reads the source anew and sends what differs'],
  ['snapshot SET', 'makes a snapshot now'],
  ['snapshots SET', 'lists them: what each holds, costs, and why it is kept'],
  ['verify [SET]', 'reads every block; names what is damaged, and the snapshots that it touches'],
  ['drill SET', 'restores the newest snapshot to the drill target and compares it'],
  ['drills SET', 'lists the restore drills'],
  ['find SET NAMESPACE [FILTER]', 'documents at a moment, without a restore'],
  ['history SET NAMESPACE ID', 'every version of a document, with what changed'],
  ['link SET', 'a link for mongorestore, used up by one download'],
  ['export-recovery-kit FILE', 'what is needed besides a copy of an encrypted store'],
  ['rotate-master-key', 'wraps the keys of the store anew; writes no block'],
];

export const adminActionList: CommandActions = [
  ['init', 'a first user and group, for scripts'],
  ['setup-link', 'a link to the page that makes the first user'],
  ['user list', 'users, their groups and roles'],
  ['user reset-password', 'takes the one of --password-file, or prints a new one'],
  ['user reset-second-factor', 'for who lost it'],
  ['user sign-in-link', 'signs --email in once, within ten minutes, without password and second factor'],
  ['user make-admin', '--email administers the instance'],
  ['user remove-admin', 'takes it back'],
  ['user enable', 'lets --email sign in again'],
  ['user disable', 'nobody is --email any more'],
  ['user grant', 'gives --email the --role in --group'],
];

export const artifactActionList: CommandActions = [
  ['add FILE', 'takes an executable that is signed, or whose SHA-256 is given'],
  ['list', 'those that are there'],
  ['remove NAME', 'hands it out no more'],
];
