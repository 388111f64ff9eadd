/**
 * Every error a user can meet: exit status of a command, HTTP status of an answer, and the next step.
 * `docs/errors.md` lists this table. A code is never renamed; `retryable` is decided where an error is born.
 */
interface ErrorKind {
  readonly exit: number;
  readonly http: number;
  readonly hint: string;
}

const kinds = {
  INTERNAL: {
    exit: 70,
    http: 500,
    hint: 'This is a fault in Leafward. Please report it with the log lines around it.',
  },
  USAGE: { exit: 64, http: 400, hint: 'Run the command with --help to see what it takes.' },
  SETTINGS_INVALID: { exit: 78, http: 400, hint: 'Correct the line that is named and start again.' },
  SETTINGS_PLACEHOLDER: {
    exit: 78,
    http: 400,
    hint: 'Replace the placeholder by the value from Settings > Agents in the page.',
  },
  RUNS_AS_ROOT: { exit: 77, http: 500, hint: 'Run it as the user leafward, or add --allow-root if this is meant.' },
  INPUT_INVALID: { exit: 65, http: 400, hint: 'Correct the field that is named.' },
  BODY_TOO_LARGE: { exit: 65, http: 413, hint: 'Send less at once.' },
  BODY_UNREADABLE: { exit: 65, http: 400, hint: 'The body is not in the format that this address takes.' },
  NOT_FOUND: { exit: 66, http: 404, hint: 'Check the id; it may belong to another group or have been removed.' },
  CONFLICT: { exit: 75, http: 409, hint: 'Load the newest state and try again.' },
  SIGN_IN_REQUIRED: { exit: 77, http: 401, hint: 'Sign in, or send an API token as "Authorization: Bearer TOKEN".' },
  SIGN_IN_REFUSED: { exit: 77, http: 401, hint: 'Check the e-mail address and the password.' },
  KEY_REFUSED: {
    exit: 77,
    http: 401,
    hint: 'The key is wrong or was revoked. Make a new one under Settings > Agent keys and put it into the settings file as apiKey.',
  },
  FORBIDDEN: { exit: 77, http: 403, hint: 'Ask an owner of the group for the role that is named.' },
  TOKEN_EXPIRED: { exit: 77, http: 401, hint: 'Make a new API token: Settings > Tokens.' },
  TOKEN_REFUSED: { exit: 77, http: 403, hint: 'Use a token that is for this: Settings > Tokens.' },
  SECOND_FACTOR_REQUIRED: {
    exit: 77,
    http: 403,
    hint: 'Set it up under Account > Second factor; nothing else can be done before.',
  },
  REAUTHENTICATION_REQUIRED: { exit: 77, http: 403, hint: 'Type the password again: POST /account/reauthenticate.' },
  TOO_MANY_ATTEMPTS: { exit: 75, http: 429, hint: 'Wait for the time that is named, then try again.' },
  LINK_EXPIRED: { exit: 77, http: 410, hint: 'Make a new link.' },
  PROTOCOL_UNSUPPORTED: { exit: 76, http: 426, hint: 'Update the older of agent and server.' },
  AGENT_DUPLICATE: {
    exit: 75,
    http: 409,
    hint: 'Two agents run with one identity. Give each its own state directory.',
  },
  SERVER_UNREACHABLE: {
    exit: 69,
    http: 502,
    hint: 'Check serverUrl, DNS, firewall and proxy; "leafward doctor" walks them one by one.',
  },
  TLS_UNTRUSTED: {
    exit: 69,
    http: 502,
    hint: 'Name the CA that signed the certificate in serverCaFile (server) or mongodbTlsCaFile (MongoDB).',
  },
  TLS_NAME_MISMATCH: {
    exit: 69,
    http: 502,
    hint: 'Use a name that the certificate holds, or have the certificate made for this name.',
  },
  MONGODB_UNREACHABLE: {
    exit: 69,
    http: 502,
    hint: 'Check that mongod runs, that the name resolves from the agent and that the port is open.',
  },
  MONGODB_AUTH_FAILED: { exit: 77, http: 502, hint: 'Check user, password and authSource.' },
  MONGODB_PRIVILEGE_MISSING: {
    exit: 77,
    http: 502,
    hint: 'Monitoring needs the role clusterMonitor on admin, backups also the role backup; "leafward doctor" prints the command.',
  },
  MONGODB_NOT_ONE: { exit: 76, http: 502, hint: 'What answers at this port is not MongoDB. Check the port.' },
  MONGODB_TOO_OLD: { exit: 76, http: 502, hint: 'Leafward watches MongoDB 4.4 and newer.' },
  STORE_LOCKED: {
    exit: 75,
    http: 503,
    hint: 'Another server runs on this data directory. Stop it, or give this one its own --data-dir.',
  },
  STORE_NEWER: {
    exit: 78,
    http: 503,
    hint: 'Run the newer leafward that wrote it, or restore an older data directory.',
  },
  STORE_FULL: { exit: 74, http: 507, hint: 'Free disk space or lower the retention; work goes on by itself then.' },
  STORE_CORRUPT: { exit: 74, http: 500, hint: 'Stop the server and restore the data directory from a backup.' },
  STORE_KEY_WRONG: {
    exit: 78,
    http: 503,
    hint: 'Name the file or command of the master key that the store was encrypted under; the recovery kit holds it.',
  },
  INSECURE_LISTEN: {
    exit: 78,
    http: 500,
    hint: 'Add --tls auto, or trustProxy behind a TLS proxy, or --insecure-http if you know what you do.',
  },
  ADDRESS_IN_USE: { exit: 69, http: 500, hint: 'Another process listens there. Choose another --listen address.' },
  FORMAT_INVALID: { exit: 65, http: 400, hint: 'The bytes are damaged or of a newer version.' },
  LEASE_LOST: { exit: 75, http: 409, hint: 'Another agent has taken over; this one stops by itself.' },
  SLICE_GAP: { exit: 75, http: 409, hint: 'The agent goes on by itself from the place that the server names.' },
  PLACE_LOST: {
    exit: 75,
    http: 409,
    hint: 'Start a resync. Enlarge the oplog (replSetResizeOplog) so that it holds longer than the longest outage.',
  },
  ROLLED_BACK: { exit: 75, http: 409, hint: 'Start a resync: it sends only what differs.' },
  OPLOG_UNKNOWN: {
    exit: 65,
    http: 422,
    hint: 'Capture goes on and loses nothing. Update Leafward; until then restore to a time before it.',
  },
  TRANSACTIONS_TOO_LARGE: {
    exit: 65,
    http: 422,
    hint: 'Capture goes on and loses nothing. Until this is larger, restore to a time before that transaction.',
  },
  NOT_RESTORABLE: { exit: 66, http: 409, hint: 'Choose a moment inside of what the timeline shows.' },
  TARGET_NOT_EMPTY: {
    exit: 73,
    http: 409,
    hint: 'Add --drop to replace these collections, or --rename to write beside them.',
  },
  TARGET_REFUSED: { exit: 65, http: 409, hint: 'Choose another target.' },
  RESTORE_DIFFERS: {
    exit: 65,
    http: 409,
    hint: 'The target does not hold what was sent. Do not use it; look at what is named.',
  },
  INSTALL_FAILED: {
    exit: 71,
    http: 500,
    hint: 'Mend what is named and run it again: what is done already is left as it is.',
  },
  ARTIFACT_UNTRUSTED: {
    exit: 77,
    http: 403,
    hint: 'Name the public key in a file (--artifact-keys-file), or the SHA-256 of the file as you have it from a source that you trust (--sha256).',
  },
  OUTBOUND_REFUSED: {
    exit: 77,
    http: 403,
    hint: 'The server calls public addresses only. An administrator can allow others under Instance > Outbound calls.',
  },
  MAIL_NOT_SET_UP: {
    exit: 78,
    http: 409,
    hint: 'An administrator names the mail server under Instance > Mail.',
  },
  MAIL_NOT_SENT: {
    exit: 69,
    http: 502,
    hint: 'Check the mail server under Instance > Mail, and send a test.',
  },
  TIMEOUT: { exit: 75, http: 504, hint: 'It took longer than its deadline. It will be tried again.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof kinds;
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = kinds;
