#!/bin/sh
# in_namespace.sh ROOT COMMAND ARG...
# Runs COMMAND in mount and network namespaces of its own, with ROOT's copies of
# libvirt's directories and of the user files bound over the system's. Keeps its
# pid (exec throughout), so the caller can end it by pid. The host's directories are never written.
exec unshare -m -n --propagation private /bin/sh -c '
    root=$1; shift
    for dir in etc/libvirt var/lib/libvirt var/cache/libvirt var/log/libvirt run/libvirt; do
        mount --bind "$root/$dir" "/$dir" || exit 1
    done
    for file in etc/passwd etc/group; do
        mount --bind "$root/$file" "/$file" || exit 1
    done
    ip link set lo up || exit 1
    exec "$@"' sh "$@"
