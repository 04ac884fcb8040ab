#!/bin/sh
# Run by mmdebstrap when its packages are installed, with the tree as $1: adds Debian's kernel to it, and leaves in
# /made of the tree what QEMU starts it with: vmlinuz, busybox, and early/ with the modules that find the disk.
set -eu
root=$1

# What a station's devices need on both ends of their cables, and what the tests of it need. Dependencies follow.
modules='virtio_pci virtio_blk virtio_console virtio_net virtio_rng ext4 crc32c_generic overlay
    evdev uinput uhid hid-generic usbhid usblp cdc-acm dummy_hcd libcomposite usb_f_printer usb_f_acm usb_f_hid
    usb_f_serial vhci_hcd ftdi_sio softdog configfs autofs4 unix_diag'
early='virtio_pci virtio_blk crc32c_generic ext4 virtio_net'

chroot "$root" env MODULES="$modules" EARLY="$early" sh -eu <<'IN_THE_TREE'
mkdir -p /made/early /var/tmp/kernel
cd /var/tmp/kernel
kernel=$(apt-cache depends --important linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p')
apt-get -qq -o APT::Sandbox::User=root download "$kernel" busybox-static
dpkg-deb -x busybox-static_*.deb busybox
cp busybox/bin/busybox /made/busybox
mkdir all
dpkg-deb -x "$kernel"_*.deb all
version=$(ls all/lib/modules)
cp "all/boot/vmlinuz-$version" /made/vmlinuz
mkdir -p "/lib/modules/$version"
cp all/lib/modules/"$version"/modules.builtin* all/lib/modules/"$version"/modules.order "/lib/modules/$version/"
depmod -b /var/tmp/kernel/all "$version"
files() {
    for module in "$@"; do
        modprobe -d /var/tmp/kernel/all -S "$version" --show-depends "$module" | sed -n 's/^insmod \([^ ]*\).*/\1/p'
    done | awk '!seen[$0]++'
}
for file in $(files $MODULES); do
    to=/lib/modules/$version${file#*/lib/modules/"$version"}
    mkdir -p "${to%/*}"
    cp "$file" "$to"
done
depmod "$version"
number=100
for file in $(files $EARLY); do
    number=$((number + 1))
    cp "$file" "/made/early/$number-${file##*/}"
done
cd /
rm -rf /var/tmp/kernel
IN_THE_TREE

echo kiosk >"$root/etc/hostname"
echo '127.0.0.1 localhost kiosk' >"$root/etc/hosts"
echo '/dev/vda / ext4 errors=remount-ro 0 0' >"$root/etc/fstab"
: >"$root/etc/machine-id"
