#!/bin/sh
# Installs a Leafward agent as a service, from the archive without a key, on Linux or macOS.
#
#   SERVER_URL=https://leafward.example.net:8080 GROUP_ID=... API_KEY_FILE=leafward.key sh install.sh
#
# AGENT=backup-agent takes the other agent, CA_FILE=ca.pem trusts a CA of your own; further words go to the install command.
set -eu
umask 077
: "${SERVER_URL:?is not set}" "${GROUP_ID:?is not set}" "${API_KEY_FILE:?is not set}"
AGENT=${AGENT:-monitoring-agent}
key=$(cat "$API_KEY_FILE")
[ -z "${CA_FILE:-}" ] || CA_FILE=$(cd "$(dirname "$CA_FILE")" && pwd)/$(basename "$CA_FILE")

case $(uname -s) in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  *) echo "no agent for $(uname -s)" >&2 && exit 1 ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=x64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) echo "no agent for $(uname -m)" >&2 && exit 1 ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl -fsS ${CA_FILE:+--cacert "$CA_FILE"} -o "$work/agent.tar.gz" \
  "$SERVER_URL/settings/leafward-$AGENT-$os-$arch.tar.gz"
tar -xzf "$work/agent.tar.gz" -C "$work"
cd "$work/leafward-$AGENT"

# A command line can be read by everybody on the machine: the key is in a file of sed's.
printf 's|@API_KEY@|%s|\n' "$key" >"$work/key.sed"
sed -e "s|@SERVER_URL@|$SERVER_URL|" -e "s|@GROUP_ID@|$GROUP_ID|" -f "$work/key.sed" "$AGENT.config" >filled.config

./leafward "$AGENT" install --settings filled.config ${CA_FILE:+--server-ca-file "$CA_FILE"} "$@"
