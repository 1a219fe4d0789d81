#!/usr/bin/env python3
"""Makes the pictures of this folder and what Pillow reads from them: NAME.png, NAME.jpg, NAME.pgm, ... and NAME.txt with a line
MODE HEIGHT WIDTH CHANNELS and the pixels as hexadecimal digits, a line for each row. Needs Pillow; run in this folder when a picture is
added. Pillow cannot write everything, so PNG is put together here, and ink.c next to this file (with libjpeg) makes the YCCK and RGB JPEGs.
"""
import glob, os, random, struct, subprocess, sys, tempfile, zlib

from PIL import Image

random.seed(7)


def smooth(width, height, channels):
    """A picture with slopes, an edge and a little noise."""
    out = bytearray()
    for y in range(height):
        for x in range(width):
            for c in range(channels):
                v = 90 + 6 * x * (c + 1) - 4 * y + (80 if x > y + c else 0) + random.randrange(9)
                out.append(min(255, max(0, v)))
    return bytes(out)


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def png(name, width, height, depth, color, samples, extra=b'', interlace=0):
    """samples(x, y) -> the values of one pixel; every filter type is used in turn where the depth is 8."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlace else [(0, 0, 1, 1)]
    raw = bytearray()
    for x0, y0, dx, dy in passes:
        before = None
        for y in range(y0, height, dy):
            bits = ''.join(format(v, f'0{depth}b') for x in range(x0, width, dx) for v in samples(x, y))
            if not bits: continue
            row = bytes(int(bits[i:i + 8].ljust(8, '0'), 2) for i in range(0, len(bits), 8))
            kind = (y // dy) % 5 if depth == 8 else 0
            before = before or bytes(len(row))
            raw.append(kind)
            for i, v in enumerate(row):
                a, b = (row[i - channels] if i >= channels else 0), before[i]
                c = before[i - channels] if i >= channels else 0
                paeth = min((a, b, c), key=lambda s: (abs(a + b - c - s), (a, b, c).index(s)))
                raw.append((v - [0, a, b, (a + b) // 2, paeth][kind]) & 255)
            before = row
    header = struct.pack('>IIBBBBB', width, height, depth, color, 0, 0, interlace)
    data = zlib.compress(bytes(raw))
    half = len(data) // 2
    with open(name + '.png', 'wb') as file:
        file.write(b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + extra + chunk(b'IDAT', data[:half]) + chunk(b'IDAT', data[half:]) + chunk(b'IEND', b''))


def pngs():
    random.seed(8)
    noise = [random.randrange(65536) for _ in range(4096)]
    value = lambda depth, c: lambda x, y: [noise[(37 * y + 5 * x + k) % 4096] >> (16 - depth) for k in range(c)]
    for depth in (1, 2, 4, 8, 16): png(f'grey{depth}', 13, 7, depth, 0, value(depth, 1))
    png('grey-clear', 5, 4, 4, 0, value(4, 1), chunk(b'tRNS', b'\0\x05'))
    png('rgb8', 9, 11, 8, 2, value(8, 3), chunk(b'gAMA', struct.pack('>I', 45455)) + chunk(b'tEXt', b'Comment\0nothing'))
    png('rgb8-clear', 3, 3, 8, 2, value(8, 3), chunk(b'tRNS', struct.pack('>HHH', 1, 2, 3)))
    png('rgb16', 5, 4, 16, 2, value(16, 3))
    png('la8', 6, 5, 8, 4, value(8, 2))
    png('la16', 4, 3, 16, 4, value(16, 2))
    png('rgba8', 7, 6, 8, 6, value(8, 4))
    png('rgba16', 3, 5, 16, 6, value(16, 4))
    palette = bytes(random.randrange(256) for _ in range(16 * 3))
    for depth in (1, 2, 4): png(f'palette{depth}', 11, 5, depth, 3, value(depth, 1), chunk(b'PLTE', palette[:3 << depth]))
    many = bytes(random.randrange(256) for _ in range(256 * 3))
    png('palette8-alpha', 8, 8, 8, 3, value(8, 1), chunk(b'PLTE', many) + chunk(b'tRNS', bytes(range(0, 100, 2))))
    for name, depth, color, c in (('grey1', 1, 0, 1), ('rgb8', 8, 2, 3), ('grey16', 16, 0, 1), ('rgba16', 16, 6, 4)):
        png(f'interlaced-{name}', 13, 10, depth, color, value(depth, c), interlace=1)
    png('interlaced-palette', 9, 9, 2, 3, value(2, 1), chunk(b'PLTE', palette[:12]), interlace=1)


def jpegs():
    random.seed(9)
    rgb = Image.frombytes('RGB', (35, 19), smooth(35, 19, 3))
    for name, sampling in (('rgb-444', 0), ('rgb-422', 1), ('rgb-420', 2)): rgb.save(f'{name}.jpg', quality=80, subsampling=sampling)
    rgb.save('progressive-420.jpg', quality=70, subsampling=2, progressive=True)
    grey = rgb.convert('L')
    grey.save('grey.jpg', quality=60)
    grey.save('progressive-grey.jpg', quality=60, progressive=True)
    exif = Image.Exif()
    exif[0x112] = 6                                        # turned: ignored
    rgb.crop((0, 0, 18, 17)).save('turned.jpg', quality=75, exif=exif)
    Image.frombytes('CMYK', (21, 18), smooth(21, 18, 4)).save('cmyk.jpg', quality=85)
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, 'ink')
        subprocess.run(['gcc', 'ink.c', '-o', program, '-ljpeg'], check=True)
        for name in ('ycck', 'rgb-adobe', 'restart'):
            with open(f'{name}.jpg', 'wb') as file: subprocess.run([program, name], stdout=file, check=True)


def pnms():
    def put(name, data):
        with open(name, 'wb') as file: file.write(data)
    put('plain-bits.pbm', b'P1\n# a comment\n5 3\n10110\n0 1 0 1 0\n11111\n')
    put('bits.pbm', b'P4 11 2\n' + bytes([0b10110011, 0b10100000, 0b01010101, 0b01000000]))
    put('plain-grey.pgm', b'P2 4 2 10\n0 1 2 3\n5 7 9 10\n')
    put('grey-8.pgm', b'P5\n4 2\n255\n' + bytes([0, 1, 2, 250, 255, 128, 7, 9]))
    put('grey-15.pgm', b'P5 4 1 15 ' + bytes([0, 5, 9, 15]))
    put('grey-wide.pgm', b'P5 3 1 65535\n' + struct.pack('>HHH', 0, 258, 65535))
    put('grey-1023.pgm', b'P5 3 1 1023\n' + struct.pack('>HHH', 0, 500, 1023))
    put('plain-rgb.ppm', b'P3 2 2 255\n255 0 0  0 255 0\n0 0 255  1 2 3\n')
    put('rgb.ppm', b'P6 2 2 255\n' + bytes(range(12)))


def listing(path):
    image = Image.open(path)
    image.load()
    pixels = image.tobytes() if image.mode != '1' else image.convert('L').tobytes()
    if image.mode == 'I': pixels = b''.join(struct.pack('<H', v) for v in image.getdata())
    width, height = image.size
    row = len(pixels) // height
    lines = [f'{image.mode} {height} {width} {len(image.getbands())}'] + [pixels[y * row:(y + 1) * row].hex() for y in range(height)]
    with open(os.path.splitext(path)[0] + '.txt', 'w') as file: file.write('\n'.join(lines) + '\n')


pngs()
jpegs()
pnms()
for path in sorted(sum((glob.glob(f'*.{end}') for end in ('png', 'jpg', 'pbm', 'pgm', 'ppm')), [])): listing(path)
