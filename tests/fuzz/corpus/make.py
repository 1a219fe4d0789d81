#!/usr/bin/env python3
"""Makes the files of this folder: inputs of the kinds that brought other readers down. Run in this folder when one is added."""
import gzip, struct, zlib


def put(name, data):
    with open(name, 'wb') as file: file.write(data)


def chunk(kind, data, length=None):
    return struct.pack('>I', len(data) if length is None else length) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(width, height, depth=8, color=2, interlace=0, between=b'', raw=b'\0' * 7):
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, color, 0, 0, interlace)) + between +
            chunk(b'IDAT', zlib.compress(raw, 9)) + chunk(b'IEND', b''))


# Pictures: more pixels than bytes could hold, chunks beyond the file, profiles and texts that inflate without end.
put('png-65535', png(65535, 65535))
put('png-wide-interlaced', png(0x7fffffff, 1, 1, 0, 1))
put('png-bomb', png(500, 500, 8, 2, 0, b'', b'\0' * 750500))
put('png-icc-bomb', png(2, 1, between=chunk(b'iCCP', b'p\0\0' + zlib.compress(b'x' * 1000000, 9))))
put('png-text-bomb', png(2, 1, between=chunk(b'zTXt', b'p\0\0' + zlib.compress(b'x' * 1000000, 9))))
put('png-long-chunk', png(2, 1, between=chunk(b'tEXt', b'abc', 0x7fffffff)))
put('png-negative-chunk', png(2, 1, between=chunk(b'tEXt', b'abc', 0xffffffff)))
put('png-two-headers', png(2, 1, between=chunk(b'IHDR', struct.pack('>IIBBBBB', 9, 9, 8, 2, 0, 0, 0))))
put('png-palette-300', png(2, 1, 8, 3, between=chunk(b'PLTE', bytes(900)), raw=b'\0\0\1'))
put('png-palette-short', png(2, 1, 8, 3, between=chunk(b'PLTE', bytes(3)) + chunk(b'tRNS', bytes(9)), raw=b'\0\0\1'))
put('png-no-palette', png(2, 1, 8, 3, raw=b'\0\0\1'))
put('png-many-data', png(2, 1, between=chunk(b'IDAT', b'') * 40))
put('png-short-rows', png(2, 9))
put('png-filter-9', png(2, 1, raw=b'\x09' + b'\0' * 6))
put('pnm-65535', b'P6 65535 65535 255\n')
put('pnm-overflow', b'P5 4294967296 4294967296 255\n')
put('pnm-digits', b'P2 1 1 255\n' + b'9' * 300)
put('pam-depth', b'P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4294967295\nMAXVAL 255\nENDHDR\n')
put('pam-endless', b'P7\n' + b'#' * 5000)
start = b'\xff\xd8\xff\xdb\0\x43\0' + bytes(range(1, 65))
frame = lambda h, w, n, marker=0xc0: b'\xff' + bytes([marker]) + struct.pack('>HBHHB', 8 + 3 * n, 8, h, w, n) + b''.join(bytes([i + 1, 0x11, 0]) for i in range(n))
put('jpeg-65535', start + frame(65535, 65535, 3) + b'\xff\xda\0\x08\1\1\0\0\x3f\0\xff\xd9')
put('jpeg-progressive-65500', start + frame(65500, 2700, 3, 0xc2) + b'\xff\xda\0\x08\1\1\0\0\0\0\xff\xd9')
put('jpeg-no-rows', start + frame(0, 8, 1) + b'\xff\xd9')
put('jpeg-255-channels', start + frame(8, 8, 80) + b'\xff\xd9')
put('jpeg-twice', start + frame(8, 8, 1) + frame(8, 8, 1) + b'\xff\xd9')
put('jpeg-marker-length', b'\xff\xd8\xff\xe0\0\0' + b'x' * 40)
put('jpeg-marker-long', b'\xff\xd8\xff\xe1\xff\xffExif\0\0')

# JSON lines: names, numbers and depths.
line = lambda text: b'{"dml": 1, "tool": "t", "version": "1", "verb": "v", "options": {}}\n' + text + b'\n{"end": true, "records": 1}\n'
tensor = lambda text: line(b'{"kind": "k", "meta": {}, "tensors": [' + text + b']}')
put('ndjson-overflow', tensor(b'{"name": "a", "dtype": "f64", "shape": [4294967296, 4294967296, 2], "data": []}'))
put('ndjson-huge-empty', tensor(b'{"name": "a", "dtype": "f64", "shape": [0, 281474976710656, 281474976710656], "data": []}'))
put('ndjson-no-name', tensor(b'{"name": "", "dtype": "u8", "shape": [], "data": [1]}'))
put('ndjson-nul-name', tensor(b'{"name": "a\\u0000b", "dtype": "u8", "shape": [], "data": [1]}'))
put('ndjson-twice', tensor(b'{"name": "a", "dtype": "u8", "shape": [], "data": [1]}, {"name": "a", "dtype": "u8", "shape": [], "data": [1]}'))
put('ndjson-key-twice', line(b'{"kind": "k", "kind": "l", "meta": {"a": 1, "a": 2}, "tensors": []}'))
put('ndjson-deep', b'{"a": ' + b'[' * 1500 + b']' * 1500 + b'}\n')
put('ndjson-numbers', b'{"a": 1e400, "b": 18446744073709551616, "c": -0, "d": 1e-400}\n')
put('ndjson-values', line(b'{"kind": "k", "meta": {"a": {"$bytes": "00ff"}, "b": {"$float": "0xfff8000000000001"}, "c": {"$map": [["$x", {"$text": "ff"}]]}}, "tensors": [{"name": "n", "dtype": "f32", '
                          b'"shape": [4], "data": ["nan", "-inf", "0x7f800001", -0.0]}]}'))
put('ndjson-metrics', b'{"round": 1, "time": 0.5, "node": 0, "loss": 2.25}\n{"round": 2, "time": 1, "node": 0, "loss": null}\n')

# gz: a bomb, two members, a cut one.
put('gz-bomb', gzip.compress(b'1,2\n' * 500000, 9, mtime=0))
put('gz-two', gzip.compress(b'{"a": 1}\n', mtime=0) + gzip.compress(b'{"a": 2}\n', mtime=0))
put('gz-cut', gzip.compress(b'{"a": 1}\n', mtime=0)[:-6])
put('gz-in-gz', gzip.compress(gzip.compress(b'{"a": 1}\n', mtime=0), mtime=0))
put('cifar10-cut', bytes(3072))

# Graphs: sound ones of each form, self loops, edges twice, weights of 0, nodes beyond the number, numbers of edges that are not there.
put('edges-plain', b'0 1\n1 2\n# note\n\n0 2\n')
put('edges-weights', b'nodes 4\nedges 2\n0 1 0.5\n2 3 1e-3\n')
put('edges-directed', b'directed\nnodes 3\n0 1\n1 0\n2 1\n')
put('edges-wrong', b'nodes 3\n0 1 1\n1 1 1\n0 1 2\n0 3 1\n0 2 0\n0 2 -1\n0 2 nan\n')
put('edges-huge', b'nodes 4294967296\nedges 18446744073709551615\n0 4294967295\n')
put('edges-cut', b'nodes 3\nedges 9\n0 1\n')
put('adj-plain', b'0 1 0\n1 0 1\n0 1 0\n')
put('adj-weights', b'# note\n0,2.5,0\n2.5,0,1\n0,1,0\n')
put('adj-mixing', b'0.5 0.5 0\n0.5 0.25 0.25\n0 0.25 0.75\n')
put('adj-directed', b'0 1\n0 0\n')
put('adj-wrong', b'1 1\n0 -1\n0 nan 3\n')
put('adj-ragged', b'0 1 0\n1 0\n')
