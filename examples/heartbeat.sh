#!/bin/sh
# A session in plain HTTP, for any language that has no SDK: sh heartbeat.sh 5 (how many heartbeats).
# BITHUMAN_API_SECRET is the secret, BITHUMAN_API_URL the server. Both tokens go through files that only this user can
# read, so that no list of processes shows them.
set -eu
beats=$1
api=${BITHUMAN_API_URL:-http://127.0.0.1:8787}/v1/runtime-tokens
umask 077
folder=$(mktemp -d)
seq=0

ask() { curl -sS --fail-with-body -X POST -H @"$1" -H 'Content-Type: application/json' -d "$3" "$api/$2" > "$folder/answer"; }

# The answers are JSON without spaces, and each field has its own name.
text() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$folder/answer"; }
number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" "$folder/answer"; }
keep_token() { printf 'Authorization: Bearer %s\n' "$(text token)" > "$folder/token"; }

# However this ends, the session ends too: its place is free, and it is billed until now and no longer.
finish() {
    [ ! -s "$folder/token" ] || { ask "$folder/token" end '{}' && echo "credits: $(number credits)"; }
    rm -r "$folder"
}
trap finish EXIT
trap 'exit 130' INT TERM

printf 'api-secret: %s\n' "$BITHUMAN_API_SECRET" > "$folder/secret"
ask "$folder/secret" request '{"tags":"curl"}'
keep_token
echo "session: $(text session_id)"
while [ "$seq" -lt "$beats" ]; do
    sleep "$(number heartbeat_interval)"
    # A lost answer: the same seq again. The server gives the same answer and bills once.
    ask "$folder/token" heartbeat "{\"seq\":$seq,\"state\":\"live\"}" ||
        { sleep 1 && ask "$folder/token" heartbeat "{\"seq\":$seq,\"state\":\"live\"}"; }
    keep_token
    seq=$((seq + 1))
    echo "heartbeat $seq"
done
