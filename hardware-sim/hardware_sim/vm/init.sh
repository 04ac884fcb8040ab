#!/bin/busybox sh
# The first process of the guest: finds the disks, lays the working tree into memory, hands over to systemd.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
for module in /early/*.ko; do insmod "$module" || echo "init: $module does not load"; done
until [ -b /dev/vda ]; do usleep 20000; done
mount -t ext4 -o errors=remount-ro /dev/vda /root || { echo 'init: the disk cannot be mounted'; poweroff -f; }
mount -t tmpfs -o mode=755 none /root/run
mkdir -p /root/run/kiosk-vm/python /root/run/systemd/system/multi-user.target.wants
cp -a /tree/. /root/run/kiosk-vm/
if [ -b /dev/vdb ]; then mount -t ext4 -o ro /dev/vdb /root/run/kiosk-vm/python; fi
cp /kiosk-agent.service /root/run/systemd/system/
ln -s ../kiosk-agent.service /root/run/systemd/system/multi-user.target.wants/
ip link set lo up
if [ -d /sys/class/net/eth0 ]; then
    # QEMU's own network: the host is 10.0.2.2.
    ip address add 10.0.2.15/24 dev eth0
    ip link set eth0 up
    ip route add default via 10.0.2.2
fi
umount /proc
umount /sys
exec switch_root /root /sbin/init
