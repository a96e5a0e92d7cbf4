"""Reads files out of Qt resource files (`.rcc`), as `rcc --binary` writes them.

The format is that of Qt's `qresource.cpp`: a header, data, names, and a tree of entries with 14
bytes each (22 from version 2 on). Only what is stored plain or compressed with zlib is read.
"""

import struct
import zlib

COMPRESSED, DIRECTORY = 1, 2


def files(content):
    """Path and content of every file, in the order of the tree."""
    magic, version, tree, data, names = struct.unpack_from(">4s4I", content)
    if magic != b"qres" or version not in (1, 2, 3):
        raise ValueError("this is no resource file of Qt's")
    width = 14 if version == 1 else 22

    def name(offset):
        (length,) = struct.unpack_from(">H", content, names + offset)
        start = names + offset + 6
        return content[start : start + 2 * length].decode("utf-16-be")

    def below(place, path):
        entry = tree + place * width
        named, flags = struct.unpack_from(">IH", content, entry)
        if flags & DIRECTORY:
            children, first = struct.unpack_from(">II", content, entry + 6)
            for child in range(first, first + children):
                child_name, _ = struct.unpack_from(">IH", content, tree + child * width)
                yield from below(child, [*path, name(child_name)])
            return
        (at,) = struct.unpack_from(">I", content, entry + 10)
        (length,) = struct.unpack_from(">I", content, data + at)
        stored = content[data + at + 4 : data + at + 4 + length]
        if flags & ~(COMPRESSED | DIRECTORY):
            raise ValueError(f"{'/'.join(path)} is compressed in a way that is not known")
        # The first four bytes are the size before.
        yield "/".join(path), zlib.decompress(stored[4:]) if flags & COMPRESSED else stored

    yield from below(0, [])
