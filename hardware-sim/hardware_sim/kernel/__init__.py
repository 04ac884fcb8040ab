"""Peripherals made in the kernel: event devices by uinput, HID devices by uhid, whole USB devices by dummy_hcd.

They need root, and a kernel with those modules: a Debian in a virtual machine (`hardware_sim.vm`) has them all. What
faces them is the kernel's own driver (evdev, hidraw, usbhid, usblp, cdc_acm), so that plugging, unplugging, full queues
and udev are real.

Not simulated: a cable's electricity, a device's firmware, USB speeds above 480 Mbit/s.
"""
