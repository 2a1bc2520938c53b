#!/bin/sh
# Make the folder $1 the root of this mount namespace, then become user $2 and run the rest.
# A chroot would not do: the kernel refuses new user namespaces, and with them bubblewrap, to a chrooted process.
# Run below `unshare --mount --pid --fork`, so that every mount goes when the last process does.
set -eu
root=$1
user=$2
shift 2
mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
for folder in ${SHARED_FOLDERS-}; do
    mkdir -p "$root$folder"
    mount --bind -o ro "$folder" "$root$folder"
done
cd "$root"
mkdir -p .old-root
pivot_root . .old-root
umount -l /.old-root
rmdir /.old-root
cd /
exec setpriv --reuid="$user" --regid="$user" --init-groups "$@"
