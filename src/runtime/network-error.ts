const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_SIGNATURE_FAILURE',
]);
const timeouts = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const words: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the connection was cut',
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'name resolution does not work at the moment',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'no answer in time (a firewall may drop the packets)',
  EPIPE: 'the connection was cut',
  ERR_SSL_WRONG_VERSION_NUMBER: 'what answers there does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'what answers there does not speak TLS',
  UND_ERR_CONNECT_TIMEOUT: 'no answer in time (a firewall may drop the packets)',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'it does not accept TLS 1.2 or newer',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'it only speaks TLS older than 1.2',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it demands a certificate of this machine',
  UND_ERR_SOCKET: 'the connection was closed without an answer (what speaks TLS does so with plain requests)',
};

/** Which of the two TLS errors the cause chain holds, if any. */
export function tlsErrorCode(thrown: unknown): 'TLS_UNTRUSTED' | 'TLS_NAME_MISMATCH' | undefined {
  for (const { code } of causes(thrown)) {
    if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'TLS_NAME_MISMATCH';
    if (code !== undefined && untrusted.has(code)) return 'TLS_UNTRUSTED';
  }
  return undefined;
}

/** The next step after a TLS error: `setting` is the one that names the CA. */
export function tlsHint(thrown: unknown, setting: string): string | undefined {
  const codes = new Set(causes(thrown).map(({ code }) => code));
  if (codes.has('CERT_HAS_EXPIRED')) return 'Renew the certificate: its time is over.';
  if (codes.has('CERT_NOT_YET_VALID'))
    return 'Compare the clocks of both machines (NTP): the certificate is not valid yet.';
  if (tlsErrorCode(thrown) !== 'TLS_UNTRUSTED') return undefined;
  return `Name a PEM file with the CA that signed the certificate as ${setting}.`;
}

/** The innermost network error in plain words; `code` as Node names it. */
export function describeNetworkError(thrown: unknown): { text: string; code: string | undefined; timedOut: boolean } {
  const chain = causes(thrown);
  const named = chain.findLast(({ code }) => code !== undefined);
  const timedOut = chain.some(
    ({ code, name }) => name === 'TimeoutError' || (code !== undefined && timeouts.has(code)),
  );
  const text = mismatch(thrown) ?? words[named?.code ?? ''] ?? chain.at(-1)?.message ?? String(thrown);
  return { text, code: named?.code, timedOut };
}

/** Node's own sentence leaves out for whom a certificate is when an address was asked for. */
function mismatch(thrown: unknown): string | undefined {
  let at: unknown = thrown;
  for (let depth = 0; at instanceof Error && depth < 10; depth++) {
    if (
      'host' in at &&
      'cert' in at &&
      typeof at.cert === 'object' &&
      at.cert !== null &&
      'subjectaltname' in at.cert
    ) {
      return `the certificate is for ${String(at.cert.subjectaltname)}, not for ${String(at.host)}`;
    }
    at = at.cause;
  }
  return undefined;
}

interface Link {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
}

function causes(thrown: unknown): Link[] {
  const chain: Link[] = [];
  let at: unknown = thrown;
  while (at instanceof Error && chain.length < 10) {
    const code = 'code' in at && typeof at.code === 'string' ? at.code : undefined;
    chain.push({ name: at.name, message: at.message, code });
    at = at instanceof AggregateError && at.errors.length > 0 ? at.errors[0] : at.cause;
  }
  return chain;
}
