#!/usr/bin/env bash
# Runs a command in an empty network, beyond whose only door lies another one that is every address there is, v4 and v6:
# a packet to whatever address arrives there, and nowhere else. Started under `unshare --mount --net`.
set -euo pipefail

ip link set lo up
unshare --net sleep infinity &
far=$!
trap 'kill $far' EXIT
until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done

ip link add near type veth peer name far netns "$far"
ip address add 198.51.100.1/30 dev near
ip -6 address add 2001:db8:f::1/64 dev near nodad
ip link set near up
nsenter --target "$far" --net bash -euc '
    ip link set lo up
    ip address add 198.51.100.2/30 dev far
    ip -6 address add 2001:db8:f::2/64 dev far nodad
    ip link set far up
    ip route add local 0.0.0.0/0 dev lo
    ip -6 route add local ::/0 dev lo table main'
ip route add default via 198.51.100.2
ip -6 route add default via 2001:db8:f::2

names="$(mktemp)"
printf 'nameserver 127.0.0.53\noptions timeout:1 attempts:1\n' >"$names"
chmod a+r "$names"
mount --bind "$names" /etc/resolv.conf
rm "$names"

export ATTACKS_FAR="/proc/$far/ns/net"
"$@"
