# SPDX-License-Identifier: Apache-2.0
"""A video as a recorder makes it: fragmented MP4 (ISO/IEC 14496-12) of H.264 (ITU-T H.264), written by hand. Its pictures are
uncompressed (I_PCM), so that any decoder shows them and no encoder is needed: 16 x 16 points, each picture of one grey."""
import struct

RATE = 10  # pictures a second


class Bits:
    def __init__(self):
        self.bits = ""

    def put(self, number, count):
        self.bits += f"{number:0{count}b}"
        return self

    def ue(self, *numbers):  # Exp-Golomb
        for number in numbers:
            digits = f"{number + 1:b}"
            self.bits += "0" * (len(digits) - 1) + digits
        return self

    def aligned(self):
        self.bits += "0" * (-len(self.bits) % 8)
        return bytes(int(self.bits[i:i + 8], 2) for i in range(0, len(self.bits), 8))

    def ended(self):
        self.bits += "1"
        return self.aligned()


def unit(head, payload):
    """A NAL unit: no three bytes in it look like the beginning of another."""
    out, zeros = bytearray([head]), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


SEQUENCE = unit(0x67, bytes([66, 0xC0, 10]) + Bits().ue(0, 0, 2, 1).put(0, 1).ue(0, 0).put(0b1100, 4).ended())
PICTURES = unit(0x68, Bits().ue(0, 0).put(0, 2).ue(0, 0, 0).put(0, 3).ue(0, 0, 0).put(0, 3).ended())


def picture(number, grey):
    head = Bits().ue(0, 7, 0).put(0, 4).ue(number % 2).put(0, 2).ue(0, 25).aligned()
    return unit(0x65, head + bytes([grey]) * 256 + bytes([128]) * 128 + b"\x80")


def box(kind, *parts):
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def full(kind, version, flags, *parts):
    return box(kind, struct.pack(">I", version << 24 | flags), *parts)


def numbers(*values):
    return struct.pack(f">{len(values)}I", *values)


MATRIX = numbers(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def beginning():
    coded = box(b"avcC", bytes([1, 66, 0xC0, 10, 0xFF, 0xE1]), struct.pack(">H", len(SEQUENCE)), SEQUENCE, b"\x01",
                struct.pack(">H", len(PICTURES)), PICTURES)
    entry = box(b"avc1", bytes(6), struct.pack(">H", 1), bytes(16), struct.pack(">HH", 16, 16), numbers(0x480000, 0x480000, 0),
                struct.pack(">H", 1), bytes(32), struct.pack(">Hh", 24, -1), coded)
    samples = box(b"stbl", full(b"stsd", 0, 0, numbers(1), entry), full(b"stts", 0, 0, numbers(0)), full(b"stsc", 0, 0, numbers(0)),
                  full(b"stsz", 0, 0, numbers(0, 0)), full(b"stco", 0, 0, numbers(0)))
    media = box(b"mdia", full(b"mdhd", 0, 0, numbers(0, 0, 1000, 0), struct.pack(">HH", 0x55C4, 0)),
                full(b"hdlr", 0, 0, numbers(0), b"vide", bytes(12), b"\0"),
                box(b"minf", full(b"vmhd", 0, 1, bytes(8)), box(b"dinf", full(b"dref", 0, 0, numbers(1), full(b"url ", 0, 1))), samples))
    track = box(b"trak", full(b"tkhd", 0, 3, numbers(0, 0, 1, 0, 0), bytes(8), struct.pack(">hhhH", 0, 0, 0, 0), MATRIX,
                              numbers(16 << 16, 16 << 16)), media)
    movie = box(b"moov", full(b"mvhd", 0, 0, numbers(0, 0, 1000, 0, 0x10000), struct.pack(">HH", 0x100, 0), bytes(8), MATRIX, bytes(24), numbers(2)),
                track, box(b"mvex", full(b"trex", 0, 0, numbers(1, 1, 0, 0, 0))))
    return box(b"ftyp", b"iso6", numbers(0), b"iso6avc1mp41") + movie


def fragment(number, greys):
    frames = [picture(i, grey) for i, grey in enumerate(greys)]
    data = [struct.pack(">I", len(one)) + one for one in frames]
    each = 1000 // RATE

    def made(offset):
        run = full(b"trun", 0, 0x201, numbers(len(data)), struct.pack(">i", offset), *(numbers(len(one)) for one in data))
        begins = struct.pack(">Q", (number - 1) * len(greys) * each)
        return box(b"moof", full(b"mfhd", 0, 0, numbers(number)),
                   box(b"traf", full(b"tfhd", 0, 0x20038, numbers(1, each, 0, 0x2000000)), full(b"tfdt", 1, 0, begins), run))
    return made(len(made(0)) + 8) + box(b"mdat", *data)


def video(count, pictures=RATE, grey=40):
    """Its fragments, one a second: they are sealed one by one, and are one file behind each other."""
    shades = [1 + (grey + 3 * i) % 254 for i in range(pictures)]
    return [(beginning() if not i else b"") + fragment(i + 1, shades) for i in range(count)]
