#!/usr/bin/env python3
"""Reads .dml streams into numpy without copying: python3 read_dml.py FILE..., or `from read_dml import records`.

Written from formats/dml.md alone. bf16 and the 8-bit floats, which numpy lacks, come as their bits (u16, u8). The checksum is compared
where the module xxhash is installed; that the end record is there and counts right is always checked.
"""
import mmap, struct, sys

import numpy as np

DTYPES = {'f64': '<f8', 'f32': '<f4', 'f16': '<f2', 'bf16': '<u2', 'f8_e4m3': 'u1', 'f8_e5m2': 'u1', 'i64': '<i8', 'i32': '<i4',
          'i16': '<i2', 'i8': 'i1', 'u64': '<u8', 'u32': '<u4', 'u16': '<u2', 'u8': 'u1', 'bool': '?'}
NUMBERS = dict(zip(range(0xca, 0xd4), '>f >d >B >H >I >Q >b >h >i >q'.split()))
SIZED = {0xc4: ('bin', '>B'), 0xc5: ('bin', '>H'), 0xc6: ('bin', '>I'), 0xd9: ('str', '>B'), 0xda: ('str', '>H'), 0xdb: ('str', '>I'),
         0xdc: ('array', '>H'), 0xdd: ('array', '>I'), 0xde: ('map', '>H'), 0xdf: ('map', '>I')}


def number(view, at, code):
    return struct.unpack_from(code, view, at)[0], at + struct.calcsize(code)


def value(view, at):
    """One msgpack value of `view` at `at` -> (value, where the next one begins). A bin stays a slice of `view`."""
    lead, at = view[at], at + 1
    if lead < 0x80 or lead >= 0xe0: return (lead if lead < 0x80 else lead - 256), at
    if lead in (0xc0, 0xc2, 0xc3): return {0xc0: None, 0xc2: False, 0xc3: True}[lead], at
    if lead in NUMBERS: return number(view, at, NUMBERS[lead])
    if lead < 0x90: kind, size = 'map', lead & 15
    elif lead < 0xa0: kind, size = 'array', lead & 15
    elif lead < 0xc0: kind, size = 'str', lead & 31
    elif lead in SIZED: kind, (size, at) = SIZED[lead][0], number(view, at, SIZED[lead][1])
    else: raise ValueError(f'byte {lead:02x} has no meaning in a dml stream')
    if kind in ('bin', 'str'):
        if at + size > len(view): raise ValueError('the stream is cut')
        return (view[at:at + size] if kind == 'bin' else str(view[at:at + size], 'utf-8')), at + size
    out = []
    for _ in range(size * (2 if kind == 'map' else 1)):
        item, at = value(view, at)
        out.append(item)
    return (out if kind == 'array' else dict(zip(out[::2], out[1::2]))), at


def tensor(parts):
    first = parts[0]
    data = parts[0]['data'] if len(parts) == 1 else b''.join(part['data'] for part in parts)      # more than 1 GiB: the one copy
    return np.frombuffer(data, DTYPES[first['dtype']]).reshape(first['shape'])


def records(path):
    """Yields (kind, meta, {name: array}) of each record; arrays look into the mapped file. ValueError when the stream is cut or wrong."""
    with open(path, 'rb') as file:
        view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    at, count, start = 0, None, 0
    try:
        while at < len(view):
            before = at
            item, at = value(view, at)
            if count is None:
                if item.get('dml') != 1: raise ValueError('no header of version 1')
                count, start = 0, before
            elif 'end' in item:
                if item['records'] != count: raise ValueError('the end record counts otherwise')
                check(view[start:before], item['checksum'])
                count = None
            else:
                count += 1
                tensors = {}
                while len(tensors) < item['tensors']:
                    part, at = value(view, at)
                    parts = [part]
                    while len(parts) < part.get('part', [0, 1])[1]:
                        more, at = value(view, at)
                        parts.append(more)
                    tensors[part['name']] = tensor(parts)
                yield item['kind'], item['meta'], tensors
    except (IndexError, struct.error):
        raise ValueError('the stream is cut') from None
    if count is not None: raise ValueError('the stream is cut: no end record')


def check(data, checksum):
    try:
        import xxhash
    except ImportError:
        return
    if xxhash.xxh3_64_intdigest(data) != checksum: raise ValueError('the checksum does not fit')


if __name__ == '__main__':
    for name in sys.argv[1:]:
        for kind, meta, tensors in records(name):
            print(kind, meta)
            for key, array in tensors.items(): print(f'  {key}  {array.dtype}  {array.shape}  {array.ravel()[:6]}')
