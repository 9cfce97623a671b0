"""A guest in one sector: the boot image of the tests, the demo and the benchmarks.

The 512 bytes are assembled here, so no assembler and no download is needed. The
guest greets on its first serial port (and the screen), sleeps until something
happens, echoes what it receives, and obeys the ACPI power button like a polite
operating system. It runs on QEMU's `pc` and `q35` machines with SeaBIOS.

    received byte   what the guest does
    0x10 (Ctrl-P)   powers off by itself
    0x12 (Ctrl-R)   resets the machine
    any other       sends it back

`python tools/bootimage.py PATH` writes the image.
"""

from __future__ import annotations

import sys
from pathlib import Path

BANNER = b"virtbus guest ready\r\n"
POWER_BUTTON = b"power button\r\n"
POWER_OFF_BYTE = b"\x10"
RESET_BYTE = b"\x12"

SECTOR_BYTES = 512
ORIGIN = 0x7C00  # where every PC BIOS loads the boot sector

# 16550 UART of COM1, as offsets from its base port
COM1 = 0x3F8
DATA, INTERRUPT_ENABLE, FIFO, LINE_CONTROL, MODEM_CONTROL, LINE_STATUS = range(6)
DIVISOR_LOW, DIVISOR_HIGH = 0, 1

# ACPI registers, where SeaBIOS puts them on both machines (PM base 0x600)
PM1_STATUS, PM1_ENABLE, PM1_CONTROL = 0x600, 0x602, 0x604
PIC1_MASK, PIC2_MASK, PIC1_COMMAND = 0x21, 0xA1, 0x20
IRQ4_VECTOR = 4 * 0x0C  # COM1's entry in the real mode vector table
RESET_CONTROL = 0xCF9

JZ, JNZ, JMP = 0x74, 0x75, 0xEB


class _Code:
    """Machine code under construction: bytes, labels, and the gaps that name them."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self.labels: dict[str, int] = {}
        self.gaps: list[tuple[int, str, int]] = []

    def emit(self, *code: int) -> None:
        self.bytes += bytes(code)

    def label(self, name: str) -> None:
        self.labels[name] = len(self.bytes)

    def jump(self, opcode: int, target: str) -> None:
        """A jump whose reach is one signed byte."""
        self.emit(opcode)
        self._gap(target, 1)

    def call(self, target: str) -> None:
        self.emit(0xE8)  # call rel16
        self._gap(target, 2)

    def set_dx(self, value: int) -> None:
        self.emit(0xBA, value & 0xFF, value >> 8)  # mov dx, value

    def out_byte(self, port: int, value: int) -> None:
        self.set_dx(port)
        self.emit(0xB0, value)  # mov al, value
        self.emit(0xEE)  # out dx, al

    def in_byte(self, port: int) -> None:
        self.set_dx(port)
        self.emit(0xEC)  # in al, dx

    def address(self, target: str) -> None:
        """The absolute address of a label, as the operand of what was emitted last."""
        self._gap(target, 0)

    def _gap(self, target: str, relative_bytes: int) -> None:
        self.gaps.append((len(self.bytes), target, relative_bytes))
        self.bytes += bytes(relative_bytes or 2)

    def finish(self) -> bytes:
        """The code with all gaps filled in."""
        for at, target, relative_bytes in self.gaps:
            size = relative_bytes or 2
            base = at + size if relative_bytes else -ORIGIN
            value = self.labels[target] - base
            self.bytes[at : at + size] = value.to_bytes(size, "little", signed=bool(relative_bytes))
        return bytes(self.bytes)


def boot_sector() -> bytes:
    """The 512 bytes that a BIOS loads and runs."""
    code = _Code()
    _set_up_processor(code)
    _set_up_serial_port(code)
    _set_up_power_button(code)
    _set_up_interrupts(code)
    _greet(code)
    _main_loop(code)
    _endings(code)
    _subroutines(code)
    for name, text in (("banner", BANNER), ("pressed", POWER_BUTTON)):
        code.label(name)
        code.emit(*text, 0)
    program = code.finish()
    if len(program) > SECTOR_BYTES - 2:
        raise ValueError(f"the boot code has {len(program)} bytes and does not fit a sector")
    return program.ljust(SECTOR_BYTES - 2, b"\0") + b"\x55\xaa"  # the BIOS's mark of a boot sector


def write_boot_image(path: str | Path, size_bytes: int = 1024 * 1024) -> None:
    """Write a raw disk image of `size_bytes` that boots into the guest above.

    Raises ValueError if the size is not a whole number of sectors, OSError if
    the file cannot be written.
    """
    if size_bytes < SECTOR_BYTES or size_bytes % SECTOR_BYTES:
        raise ValueError(
            f"{size_bytes} bytes are not a whole number of {SECTOR_BYTES}-byte sectors"
        )
    with Path(path).open("wb") as image:
        image.write(boot_sector())
        image.truncate(size_bytes)


def _set_up_processor(code: _Code) -> None:
    code.emit(0xFA)  # cli
    code.emit(0xFC)  # cld
    code.emit(0x31, 0xC0)  # xor ax, ax
    code.emit(0x8E, 0xD8)  # mov ds, ax
    code.emit(0x8E, 0xD0)  # mov ss, ax
    code.emit(0xBC, ORIGIN & 0xFF, ORIGIN >> 8)  # mov sp, 0x7c00
    code.emit(0xEA)  # jmp 0:start, since some BIOSes enter at 07c0:0000
    code.address("start")
    code.emit(0x00, 0x00)
    code.label("start")


def _set_up_serial_port(code: _Code) -> None:
    code.out_byte(COM1 + LINE_CONTROL, 0x80)  # divisor access on
    code.out_byte(COM1 + DIVISOR_LOW, 1)  # 115,200 baud
    code.out_byte(COM1 + DIVISOR_HIGH, 0)
    code.out_byte(COM1 + LINE_CONTROL, 0x03)  # 8 bits, no parity, 1 stop bit; access off
    code.out_byte(COM1 + FIFO, 0x07)  # on, both emptied, interrupt at the first byte
    code.out_byte(COM1 + MODEM_CONTROL, 0x0B)  # DTR, RTS, interrupt line on


def _set_up_power_button(code: _Code) -> None:
    code.emit(0xE4, PIC2_MASK)  # in al, PIC2_MASK
    code.emit(0x0C, 0x02)  # or al, 2: IRQ 9, the power button's, would never be acknowledged
    code.emit(0xE6, PIC2_MASK)  # out PIC2_MASK, al
    code.set_dx(PM1_ENABLE)
    code.emit(0xED)  # in ax, dx
    code.emit(0x80, 0xCC, 0x01)  # or ah, 1: PWRBTN_EN
    code.emit(0xEF)  # out dx, ax


def _set_up_interrupts(code: _Code) -> None:
    code.emit(0xC7, 0x06, IRQ4_VECTOR, 0x00)  # mov word [IRQ4_VECTOR], wake
    code.address("wake")
    code.emit(0xC7, 0x06, IRQ4_VECTOR + 2, 0x00, 0x00, 0x00)  # mov word [IRQ4_VECTOR + 2], 0
    code.out_byte(COM1 + INTERRUPT_ENABLE, 0x01)  # on received data
    code.emit(0xE4, PIC1_MASK)  # in al, PIC1_MASK
    code.emit(0x24, 0xEF)  # and al, ~0x10: let IRQ 4 through
    code.emit(0xE6, PIC1_MASK)  # out PIC1_MASK, al


def _greet(code: _Code) -> None:
    """Last of the set-up, so that who has read the banner may press the button."""
    code.emit(0xBE)  # mov si, banner
    code.address("banner")
    code.call("print")


def _main_loop(code: _Code) -> None:
    code.label("sleep")
    code.emit(0xFB)  # sti: takes effect after hlt has begun, so no wake-up is lost
    code.emit(0xF4)  # hlt: until a byte comes, or the timer's next tick (55 ms)
    code.emit(0xFA)  # cli
    code.set_dx(PM1_STATUS)
    code.emit(0xED)  # in ax, dx
    code.emit(0xF6, 0xC4, 0x01)  # test ah, 1: PWRBTN_STS
    code.jump(JNZ, "button")
    code.label("drain")
    code.in_byte(COM1 + LINE_STATUS)
    code.emit(0x3C, 0xFF)  # cmp al, 0xff: this machine has no serial port
    code.jump(JZ, "sleep")
    code.emit(0xA8, 0x01)  # test al, 1: a byte waits
    code.jump(JZ, "sleep")
    code.in_byte(COM1 + DATA)
    code.emit(0x3C, POWER_OFF_BYTE[0])  # cmp al, POWER_OFF_BYTE
    code.jump(JZ, "power_off")
    code.emit(0x3C, RESET_BYTE[0])  # cmp al, RESET_BYTE
    code.jump(JZ, "reset")
    code.call("send")
    code.jump(JMP, "drain")


def _endings(code: _Code) -> None:
    code.label("button")
    code.emit(0xBE)  # mov si, pressed
    code.address("pressed")
    code.call("print")
    code.label("power_off")
    code.set_dx(PM1_CONTROL)
    code.emit(0xB8, 0x00, 0x20)  # mov ax, 0x2000: SLP_EN with type 0, which is soft-off
    code.emit(0xEF)  # out dx, ax
    code.emit(0xF4)  # hlt, interrupts off: for a machine that keeps its guest after power-off
    code.label("reset")
    code.out_byte(RESET_CONTROL, 0x06)  # full reset
    code.emit(0xF4)  # hlt


def _subroutines(code: _Code) -> None:
    code.label("print")  # the zero-ended text at si, on the serial port and the screen
    code.emit(0xAC)  # lodsb
    code.emit(0x84, 0xC0)  # test al, al
    code.jump(JZ, "printed")
    code.call("send")
    code.emit(0xB4, 0x0E)  # mov ah, 0x0e: BIOS teletype output
    code.emit(0xBB, 0x07, 0x00)  # mov bx, 7: page 0, grey
    code.emit(0xCD, 0x10)  # int 0x10
    code.jump(JMP, "print")
    code.label("printed")
    code.emit(0xC3)  # ret

    code.label("send")  # the byte in al, on the serial port; dx and ah are lost
    code.emit(0x88, 0xC4)  # mov ah, al
    code.label("full")
    code.in_byte(COM1 + LINE_STATUS)
    code.emit(0xA8, 0x20)  # test al, 0x20: room for a byte
    code.jump(JZ, "full")
    code.emit(0x88, 0xE0)  # mov al, ah
    code.set_dx(COM1 + DATA)
    code.emit(0xEE)  # out dx, al
    code.emit(0xC3)  # ret

    code.label("wake")  # IRQ 4 only has to end the hlt; the main loop takes the bytes
    code.emit(0x50)  # push ax
    code.emit(0xB0, 0x20)  # mov al, 0x20: end of interrupt
    code.emit(0xE6, PIC1_COMMAND)  # out PIC1_COMMAND, al
    code.emit(0x58)  # pop ax
    code.emit(0xCF)  # iret


if __name__ == "__main__":
    write_boot_image(sys.argv[1])
